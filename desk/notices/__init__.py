"""Notices to people inside and outside: in the bell, by every channel that is connected, and to other systems."""
