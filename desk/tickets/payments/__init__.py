"""Money that a ticket brings or gives back: asked for, and settled once [000 §5.2.9, §8.3]."""
