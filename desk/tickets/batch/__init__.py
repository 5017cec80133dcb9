"""Many tickets at once: made for a list of customers and given out [000 §5.2.2], or changed together [000 §5.2.3]."""
