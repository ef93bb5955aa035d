"""The entire-space head whose CVR is learned doubly robustly."""

from typing import Any, ClassVar

from trainer.losses.escm2 import IMPUTATION
from trainer.model.heads.esmm import EntireSpaceHead
from trainer.model.heads.head import climb


class DoublyRobustHead(EntireSpaceHead):
    """A tower a task; beside pCTCVR, CVR is learned doubly robustly (Wang et al. 2022, ESCM2-DR).

    One more tower, of training alone, guesses whether an impression without a click would have been bought.
    """

    conversion: ClassVar[str] = "escm2_dr"

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.imputation_tower = self.tower(IMPUTATION)
        self.imputation_output = self.output_layer(IMPUTATION, self.starts["cvr"])

    def build(self, input_shape) -> None:
        """Create the weights for vectors of ``input_shape[-1]`` numbers."""
        super().build(input_shape)
        self.imputation_output.build((None, self.build_tower(self.imputation_tower, input_shape[-1])))

    def auxiliary(self, x, training: bool | None = None) -> dict[str, Any]:
        """The logit of the guess, float32 [P, N]."""
        return {IMPUTATION: self.imputation_output(climb(self.imputation_tower, x, training))[..., 0]}

    @property
    def auxiliary_variables(self) -> list[Any]:
        """The variables of the guess."""
        return [v for layer in (*self.imputation_tower, self.imputation_output) for v in layer.variables]
