"""Moving running instances to another version."""
