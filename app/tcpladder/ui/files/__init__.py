"""Captures on the disk: copies, exports, imports, properties, growing files."""
