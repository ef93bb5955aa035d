"""AdamW with one rate for the backbone and another for what is new."""

import keras
import tensorflow as tf
from keras import ops

from trainer.config import FinetuneConfig, TrainConfig
from trainer.text.encoder import Encoder
from trainer.text.finetuning import layer_factors


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
        ema: decay of an exponential moving average of the variables, None for none. Step t, from 0, takes at most
            (1 + t) / (10 + t), so that the start is soon forgotten.
    """

    def __init__(
        self, learning_rate, factors: dict[int, float], decoupled_decay: float, ema: float | None = None, **kwargs
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.factors = factors
        self.decoupled_decay = decoupled_decay
        self.ema = ema

    def build(self, variables) -> None:
        """Create the moments and the averages, which start at the variables."""
        super().build(variables)
        self.averages = self.add_optimizer_variables(self.averaged, "average")
        for variable, average in zip(self.averaged, self.averages, strict=True):
            average.assign(variable.value)
        self.factor_of = [self.factors.get(id(v), 1.0) for v in variables]
        self.decay_of = [self.decoupled_decay if len(v.shape) > 1 else 0.0 for v in variables]

    @property
    def averaged(self) -> list[keras.Variable]:
        """The variables that have an average. As an attribute Keras would count them as the optimizer's own state."""
        return [] if self.ema is None else list(self._trainable_variables)

    def update_step(self, gradient, variable, learning_rate) -> None:
        """Decay, then the Adam step, both at the variable's own rate."""
        index = self._get_variable_index(variable)
        rate = ops.cast(learning_rate, variable.dtype) * self.factor_of[index]
        if self.decay_of[index]:
            self.assign_sub(variable, variable * (rate * self.decay_of[index]))
        super().update_step(gradient, variable, rate)
        if self.ema is not None:
            step = ops.cast(self.iterations, variable.dtype)
            kept = ops.minimum(self.ema, (1.0 + step) / (10.0 + step))
            average = self.averages[index]
            self.assign_add(average, (1.0 - kept) * (variable - average))


def build_optimizer(
    config: TrainConfig,
    encoder: Encoder,
    ranker: keras.Model,
    total_steps: int,
    finetune: FinetuneConfig | None = None,
):
    """The optimizer of an experiment; with float16 it scales the loss.

    Args:
        config: rates, decay, clipping.
        encoder: whose variables get ``learning_rate``.
        ranker: whose other variables get ``head_learning_rate``.
        total_steps: of the whole run.
        finetune: rates by layer, average.
    """
    finetune = finetune or FinetuneConfig()
    backbone = {id(v) for v in encoder.trainable_variables}
    factor = config.head_learning_rate / config.learning_rate
    optimizer = GroupedAdamW(
        WarmupDecay(config.learning_rate, round(config.warmup_share * total_steps), total_steps),
        {id(v): factor for v in ranker.trainable_variables if id(v) not in backbone}
        | layer_factors(encoder, finetune.layer_decay),
        config.weight_decay,
        finetune.ema,
        global_clipnorm=config.clip_norm / tf.distribute.get_strategy().num_replicas_in_sync,
    )
    return keras.optimizers.LossScaleOptimizer(optimizer) if config.precision == "float16" else optimizer
