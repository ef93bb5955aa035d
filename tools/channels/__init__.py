"""The command that makes the channels of lists."""
