"""What Shelfrank costs on this machine: ``python -m tools.benchmarks``."""
