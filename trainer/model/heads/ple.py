"""Experts of each task beside shared ones, in levels."""

from typing import Any

from trainer.model.heads.experts import ExpertsHead, weighted_sum
from trainer.model.heads.head import climb

SHARED = "shared"


class ProgressiveExtractionHead(ExpertsHead):
    """Each task mixes experts of its own with shared ones, level by level (Tang et al. 2020, PLE; one level is their CGC).

    At each level but the last the shared experts of the next level read a mixture of all experts. Purchases are learned on
    all impressions as pCTCVR = pCTR * pCVR.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        settings = self.expert_settings
        self.sizes = {**dict.fromkeys(self.tasks, settings.experts_of_a_task), SHARED: settings.count}
        # === Experts and gates, by level and by the group that they belong to ===
        self.experts = {}
        self.gate_layers = {}
        for level in range(settings.number_of_levels):
            for group, size in self.sizes.items():
                for number in range(size):
                    name = f"{level}_{group}_{number}"
                    self.experts[name] = self.tower(f"expert_{name}", settings.hidden)
            for group in self._mixtures(level):
                self.gate_layers[f"{level}_{group}"] = self.gate(f"{level}_{group}", self._mixed(group))

    def build(self, input_shape) -> None:
        """Create the weights for vectors of ``input_shape[-1]`` numbers."""
        width = input_shape[-1]
        for level in range(self.expert_settings.number_of_levels):
            for name, layers in self.experts.items():
                if name.startswith(f"{level}_"):
                    self.build_tower(layers, width)
            for group in self._mixtures(level):
                self.gate_layers[f"{level}_{group}"].build((None, width))
            width = self.expert_settings.hidden[-1]
        self.build_towers(width)

    def mix(self, x, training: bool | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Mix level by level."""
        inputs = dict.fromkeys(self.sizes, x)
        weights: dict[str, Any] = {}
        for level in range(self.expert_settings.number_of_levels):
            states = {
                group: [
                    climb(self.experts[f"{level}_{group}_{number}"], inputs[group], training) for number in range(size)
                ]
                for group, size in self.sizes.items()
            }
            everything = [state for group in states.values() for state in group]
            groups = self._mixtures(level)
            weights = {group: self.gate_layers[f"{level}_{group}"](inputs[group]) for group in groups}
            inputs = {
                group: weighted_sum(
                    weights[group], everything if group == SHARED else [*states[group], *states[SHARED]]
                )
                for group in groups
            }
        return inputs, weights

    def gate_names(self, task: str) -> list[str]:
        """Names of the experts of a task, then of the shared ones, at the last level."""
        return [f"{group}_{number}" for group in (task, SHARED) for number in range(self.sizes[group])]

    def _mixtures(self, level: int) -> list[str]:
        """The groups for which a level mixes: at the last one the tasks alone."""
        last = level == self.expert_settings.number_of_levels - 1
        return self.tasks if last else [*self.tasks, SHARED]

    def _mixed(self, group: str) -> int:
        """How many experts the gate of a group mixes."""
        return sum(self.sizes.values()) if group == SHARED else self.sizes[group] + self.sizes[SHARED]
