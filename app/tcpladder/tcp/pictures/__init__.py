"""The diagram of a connection as files that need no window: SVG, Mermaid, text, JSON."""
