"""Texts as people also write them, for training and for measuring robustness: one way of rewriting a file."""
