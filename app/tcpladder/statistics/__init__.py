"""Tables about a capture as a whole, made of its columns: who spoke with whom, in which protocols, how long the
packets are. Without Qt."""
