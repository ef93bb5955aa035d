"""Experts shared by all tasks."""

from typing import Any

from trainer.model.heads.experts import ExpertsHead, weighted_sum
from trainer.model.heads.head import climb


class MixtureOfExpertsHead(ExpertsHead):
    """All tasks share all experts, each mixes them by a gate of its own (Ma et al. 2018, MMoE).

    Purchases are learned on all impressions as pCTCVR = pCTR * pCVR.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        settings = self.expert_settings
        self.experts = {name: self.tower(name, settings.hidden) for name in self.gate_names("")}
        self.gate_layers = {task: self.gate(task, settings.count) for task in self.tasks}

    def build(self, input_shape) -> None:
        """Create the weights for vectors of ``input_shape[-1]`` numbers."""
        width = input_shape[-1]
        for layers in self.experts.values():
            self.build_tower(layers, width)
        for gate in self.gate_layers.values():
            gate.build((None, width))
        self.build_towers(self.expert_settings.hidden[-1])

    def mix(self, x, training: bool | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Mix the experts for each task."""
        states = [climb(layers, x, training) for layers in self.experts.values()]
        weights = {task: gate(x) for task, gate in self.gate_layers.items()}
        return {task: weighted_sum(weights[task], states) for task in weights}, weights

    def gate_names(self, task: str) -> list[str]:
        """Names of the experts, the same for every task."""
        return [f"expert_{number}" for number in range(self.expert_settings.count)]
