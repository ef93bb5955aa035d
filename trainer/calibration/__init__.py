"""Calibration after training: one class a file, applied alike by the trainer and in the exported graph."""
