"""What people do with the desk, in a real browser against all of its processes."""
