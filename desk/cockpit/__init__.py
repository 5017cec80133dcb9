"""The cockpit: what runs, where it stands, how long it takes, and what operators may do about it."""
