"""What real tickets would have gone through with a draft."""
