"""Tickets out of a workbook [000 §5.2.5]: uploaded, its columns named, looked at, then opened row by row."""
