"""What happened in each TCP connection, read from columns (RFC 9293)."""
