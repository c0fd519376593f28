"""Lets ``python -m tcpladder`` do what the ``tcpladder`` command does."""

import sys

from tcpladder.cli import main

sys.exit(main())
