"""One connection: ladder, states, numbers, graphs, and pictures of them."""
