"""The packet list, its columns and colours, finding, and what is done with packets."""
