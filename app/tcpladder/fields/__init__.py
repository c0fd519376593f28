"""The language of declarations: what a field is, where it lies, what it is called and how it is shown."""
