"""The sentences about single steps, by what the step is."""
