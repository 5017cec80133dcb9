"""The kinds of flow nodes: each says what a token does there (a SpiffWorkflow task spec a kind)."""
