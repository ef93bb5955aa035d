"""The entire-space head."""

from typing import ClassVar

from trainer.model.heads.head import Head, climb


class EntireSpaceHead(Head):
    """A tower a task; purchases are learned on all impressions as pCTCVR = pCTR * pCVR, in log space (Ma et al. 2018, ESMM)."""

    conversion: ClassVar[str] = "entire_space"

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.towers = {task: self.tower(task) for task in self.tasks}

    def build(self, input_shape) -> None:
        """Create the weights for vectors of ``input_shape[-1]`` numbers."""
        for task, layers in self.towers.items():
            self.outputs[task].build((None, self.build_tower(layers, input_shape[-1])))

    def call(self, x, training: bool | None = None):
        """Give outputs by task, float32 [P, N] each, for float [P, N, F]."""
        return {task: self.outputs[task](climb(self.towers[task], x, training))[..., 0] for task in self.tasks}
