"""One-time links: a form of chosen fields that one customer fills in once [000 §5.2.6-2]."""
