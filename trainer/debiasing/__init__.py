"""Clicks freed from the position at which items were shown: examination curves and what uses them."""
