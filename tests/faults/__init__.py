"""Tries to make the engine lose, double or forget something: random processes beside an oracle, and real kills."""
