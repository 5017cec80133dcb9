"""The files of the flow library: diagrams, decisions, forms and scenarios, with drafts and revisions."""
