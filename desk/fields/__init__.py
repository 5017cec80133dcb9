"""Fields that a desk defines for its tickets, the dictionaries they choose from, and their values."""
