"""Where candidates come from, in the graph: channels, and their union."""
