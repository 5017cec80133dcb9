"""The manual inside the desk: the pages of docs/manual in the reader's language."""
