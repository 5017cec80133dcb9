"""The audit log: who did what outside the diagrams, chained, sealed, archived and proved; the history in words."""
