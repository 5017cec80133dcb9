"""Other vendors' desks: tickets go over to them and come from them, and what becomes of them is written back."""
