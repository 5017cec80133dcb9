"""Background work: what takes longer than a page may, with progress, a result file, and an end that is told."""
