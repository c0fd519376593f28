"""The values of a field in all packets of a capture, as arrays."""
