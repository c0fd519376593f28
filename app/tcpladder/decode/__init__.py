"""Two walks over the same declarations: one packet as a tree, all packets as columns."""
