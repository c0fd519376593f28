"""Lets ``python -m tcpladder`` do what the ``tcpladder`` command does."""

import gc
import sys

gc.disable()    # what imports make stays: to look for garbage among it takes its time
from tcpladder.cli import main  # noqa: E402

gc.enable()
sys.exit(main())
