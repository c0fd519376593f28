"""One packet: its fields, bytes and headers, in panes and in windows of their own."""
