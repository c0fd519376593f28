"""tcpladder: understand a TCP connection, packet by packet."""

__version__ = "0.1.0"
