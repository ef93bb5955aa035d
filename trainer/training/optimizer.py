"""AdamW with one rate for the backbone and another for what is new."""

import keras
from keras import ops

from trainer.config import TrainConfig


class WarmupDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise to the peak, then a linear fall to 0 (Devlin et al. 2019).

    Args:
        peak: the highest rate.
        warmup_steps: steps of the rise.
        total_steps: steps in all.
    """

    def __init__(self, peak: float, warmup_steps: int, total_steps: int) -> None:
        self.peak, self.warmup_steps, self.total_steps = peak, max(warmup_steps, 1), max(total_steps, 2)

    def __call__(self, step):
        """The rate of a step, counted from 0."""
        step = ops.cast(step, "float32")
        rise = (step + 1.0) / self.warmup_steps
        fall = (self.total_steps - step) / max(self.total_steps - self.warmup_steps, 1)
        return self.peak * ops.clip(ops.minimum(rise, fall), 0.0, 1.0)

    def get_config(self) -> dict[str, float]:
        """The arguments."""
        return {"peak": self.peak, "warmup_steps": self.warmup_steps, "total_steps": self.total_steps}


class GroupedAdamW(keras.optimizers.Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019) and a rate factor for each variable.

    Biases, norms and other vectors are not decayed.

    Args:
        learning_rate: the rate, or its schedule, of variables with factor 1.
        factors: by ``id`` of the variable; 1 where there is none.
        decoupled_decay: the decay of matrices a step, times the rate.
    """

    def __init__(self, learning_rate, factors: dict[int, float], decoupled_decay: float, **kwargs) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.factors = factors
        self.decoupled_decay = decoupled_decay

    def build(self, variables) -> None:
        """Create the moments."""
        super().build(variables)
        self.factor_of = [self.factors.get(id(v), 1.0) for v in variables]
        self.decay_of = [self.decoupled_decay if len(v.shape) > 1 else 0.0 for v in variables]

    def update_step(self, gradient, variable, learning_rate) -> None:
        """Decay, then the Adam step, both at the variable's own rate."""
        index = self._get_variable_index(variable)
        rate = ops.cast(learning_rate, variable.dtype) * self.factor_of[index]
        if self.decay_of[index]:
            self.assign_sub(variable, variable * (rate * self.decay_of[index]))
        super().update_step(gradient, variable, rate)


def build_optimizer(config: TrainConfig, encoder: keras.layers.Layer, ranker: keras.Model, total_steps: int):
    """The optimizer of an experiment; with float16 it scales the loss.

    Args:
        config: rates, decay, clipping.
        encoder: whose variables get ``learning_rate``.
        ranker: whose other variables get ``head_learning_rate``.
        total_steps: of the whole run.
    """
    backbone = {id(v) for v in encoder.trainable_variables}
    factor = config.head_learning_rate / config.learning_rate
    optimizer = GroupedAdamW(
        WarmupDecay(config.learning_rate, round(config.warmup_share * total_steps), total_steps),
        {id(v): factor for v in ranker.trainable_variables if id(v) not in backbone},
        config.weight_decay,
        global_clipnorm=config.clip_norm,
    )
    return keras.optimizers.LossScaleOptimizer(optimizer) if config.precision == "float16" else optimizer
