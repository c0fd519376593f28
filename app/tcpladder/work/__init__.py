"""How work that takes long is done: watched and stopped by whoever waits for it, shared out among processes."""
