"""The addresses of the desk: where their mail comes from, what it becomes, as whom the desk answers [000 §5.2.12]."""
