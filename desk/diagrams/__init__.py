"""Diagrams and decision tables as pictures (SVG) for mail, PDF and pages; no browser is needed."""
