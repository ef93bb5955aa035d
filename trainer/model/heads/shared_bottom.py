"""One tower for all tasks."""

from trainer.model.heads.head import Head, climb


class SharedBottomHead(Head):
    """Hidden layers shared by all tasks, one linear layer each above them (Caruana 1997). CVR is learned on clicks alone."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.bottom = self.tower("bottom")

    def build(self, input_shape) -> None:
        """Create the weights for vectors of ``input_shape[-1]`` numbers."""
        width = self.build_tower(self.bottom, input_shape[-1])
        for output in self.outputs.values():
            output.build((None, width))

    def call(self, x, training: bool | None = None):
        """Give outputs by task, float32 [P, N] each, for float [P, N, F]."""
        x = climb(self.bottom, x, training)
        return {task: output(x)[..., 0] for task, output in self.outputs.items()}
