"""The history as files: for spreadsheets, for programs, and for process mining."""
