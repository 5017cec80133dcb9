"""What the designer asks while somebody draws: problems in words, what there is to pick, what a timer means."""
