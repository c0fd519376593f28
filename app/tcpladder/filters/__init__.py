"""Display filters: Wireshark's language, answered from columns."""
