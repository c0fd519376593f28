"""Captures: the bytes of a file, and where in them each frame lies."""
