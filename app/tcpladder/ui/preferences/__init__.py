"""What a person chooses: preferences, profiles, colours."""
