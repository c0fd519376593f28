"""tcpladder: understand a TCP connection, packet by packet."""

import os

__version__ = "0.1.0"

# numpy's linear algebra would start a thread for each processor when it is imported; nothing here calls it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
