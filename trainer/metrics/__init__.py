"""Metrics of clicks, purchases and order, one public function a file; ties in score never favour the given order."""
