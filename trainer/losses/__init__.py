"""Losses on pages; each takes a mask and leaves out what is not labelled."""
