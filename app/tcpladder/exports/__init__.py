"""Decoded packets as text for other programs, in tshark's formats."""
