"""Formulas evaluated on tensors."""

import ast
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from keras import ops

from trainer.score.formula import LARGEST, Formula, constant

SMALLEST_BASE = 1e-6


@tf.autograph.experimental.do_not_convert
def evaluate_formula(formula: Formula, values: Mapping[str, Any]) -> Any:
    """Evaluate a formula; the result is finite.

    What is larger than 1e30 counts as 1e30. A base below 0 counts as 0 unless the exponent is 0, 1, 2, ...; a base below
    1e-6 counts as 1e-6 where the exponent is negative.

    Args:
        formula: the formula.
        values: by name, finite, float32 of one shape.

    Returns:
        float32 of that shape.
    """
    return _value(formula.tree, values)


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant():
            return ops.full_like(next(iter(values.values())), constant(node))
        case ast.UnaryOp(op=op, operand=operand):
            value = _value(operand, values)
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(op=ast.Pow(), left=base, right=exponent):
            return _finite(_power(_value(base, values), constant(exponent)))
        case ast.BinOp(op=op, left=left, right=right):
            first, second = _value(left, values), _value(right, values)
            if isinstance(op, ast.Mult):
                return _finite(first * second)
            return _finite(first + second if isinstance(op, ast.Add) else first - second)
    raise TypeError(f"{ast.dump(node)} is no part of a formula")


def _power(base: Any, exponent: float) -> Any:
    if exponent < 0:
        base = ops.maximum(base, SMALLEST_BASE)
    elif exponent % 1:
        base = ops.maximum(base, 0.0)
    return ops.power(base, exponent)


def _finite(value: Any) -> Any:
    """No infinity gets on: times 0, or less itself, it would be no number."""
    return ops.clip(value, -LARGEST, LARGEST)
