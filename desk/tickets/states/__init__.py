"""The states of a ticket and the statuses within them: how it comes to one, and who is told."""
