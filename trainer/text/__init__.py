"""Text: backbones, tokenising and packing, the Encoder."""
