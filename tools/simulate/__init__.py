"""The behaviour simulator: a made-up marketplace, or made-up behaviour over real queries and items."""

from tools.simulate.config import SimulateConfig
from tools.simulate.run import SimulateReport, simulate

__all__ = ["SimulateConfig", "SimulateReport", "simulate"]
