"""The engine: runs diagrams; knows nothing of tickets, channels or HTTP. Its front door is `engine.runtime`."""
