"""Lists in the graph, after ranking: rules, diversity, caps, exploration."""
