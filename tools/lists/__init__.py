"""The command that measures the lists of a run."""
