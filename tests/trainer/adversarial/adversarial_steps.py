"""Adversarial steps on the tiny backbone, and what they are compared with."""

import numpy as np
import tensorflow as tf

STILL = {"encoder": {"dropout": 0.0}, "model": {"dropout": 0.0, "hidden": [8]}}
EPSILON = 0.7
METHODS = {
    "fgm": {"epsilon": EPSILON},
    "pgd": {"epsilon": EPSILON, "steps": 2, "step_size": 0.5},
    "freelb": {"epsilon": EPSILON, "steps": 2},
    "vat": {"epsilon": EPSILON},
    "awp": {"epsilon": 0.02},
}


def adversarial(method, **changes):
    return {"adversarial": {"method": method, **METHODS[method], **changes}}


def arrays(gradients):
    return [None if g is None else np.asarray(tf.convert_to_tensor(g)) for g in gradients]


def assert_equal(found, expected, scale=1.0):
    for a, b in zip(arrays(found), arrays(expected), strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, scale * b, rtol=2e-4, atol=2e-6)


def loss_at(model, batch, perturbation):
    return float(sum(model.loss_parts(batch, False, perturbation).values()))


def recorded(model):
    """The perturbations that the Ranker is called with from now on."""
    seen = []
    plain_call = model.ranker.call

    def call(batch, training=None, perturbation=None):
        seen.append(perturbation)
        return plain_call(batch, training=training, perturbation=perturbation)

    model.ranker.call = call
    return seen


def lengths(values):
    return np.sqrt((np.asarray(values) ** 2).sum(axis=(1, 2)))
