"""Task mode: one person goes through many tickets, one after the other [000 §5.1.6.3]."""
