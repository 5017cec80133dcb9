"""Chinese texts of all pages: one PO file a room in `pieces/`, joined and compiled by `desk.translations.build`."""
