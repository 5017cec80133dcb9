"""Satisfaction surveys: the customer is asked once after a ticket has ended, and answers once [000 §5.2.10]."""
