"""The model: features, interaction, heads, position bias, the Ranker."""
