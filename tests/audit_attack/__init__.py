"""An attack on the history: random alterations of a desk's database and archives, each of which must be found."""
