"""Windows beside the main one, about the capture as a whole or one stream."""
