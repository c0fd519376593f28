"""The display filter: typed, completed, kept, and made of what one clicks."""
