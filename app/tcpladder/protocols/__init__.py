"""What each RFC says of its header, as data; nothing is computed here."""
