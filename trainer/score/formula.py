"""Formulas, read and checked; nothing here needs TensorFlow."""

import ast
import re
import warnings
from dataclasses import dataclass

PREDICTED = ("ctr", "cvr", "ctcvr", "relevance")
LONGEST = 300
LARGEST = 1e30
COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
GRAMMAR = "a formula has names, numbers, + - *, ^ with a number as exponent, and parentheses"


@dataclass(frozen=True)
class Formula:
    """A formula, for instance ``ctr * cvr^0.8 * price^0.3``; ``^`` is a power with a constant exponent.

    Attributes:
        text: as written.
        names: the names in it, in order of appearance.
    """

    text: str
    names: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> "Formula":
        """Read a formula.

        Args:
            text: the formula.

        Raises:
            ValueError: naming the part that is no formula, or saying that the model has no part in it.
        """
        names = tuple(dict.fromkeys(_names(_tree(text))))
        if not set(names) & set(PREDICTED):
            raise ValueError(
                f"{text!r} names none of {', '.join(PREDICTED)}: the model would have no part in the order"
            )
        return cls(text, names)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names that the model does not predict: columns of the items."""
        return tuple(name for name in self.names if name not in PREDICTED)

    @property
    def tree(self) -> ast.expr:
        """The checked syntax tree: names, constants, signs, +, -, * and powers with a constant exponent."""
        return _tree(self.text)


def _tree(text: str) -> ast.expr:
    """The checked syntax tree."""
    if len(text) > LONGEST:
        raise ValueError(f"a formula of {len(text)} characters is too long; {LONGEST} are allowed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError(f"{text!r} is no formula; {GRAMMAR}") from None
    _check(tree, text)
    return tree


def _check(node: ast.expr, text: str) -> None:
    match node:
        case ast.Name(id=name):
            if not COLUMN.fullmatch(name):
                raise ValueError(f"{text!r}: {name!r} is no name: letters, digits and _ only, a letter first")
        case ast.Constant():
            constant(node, text)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            _check(operand, text)
        case ast.BinOp(op=ast.Pow(), left=base, right=exponent):
            _check(base, text)
            constant(exponent, text)
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult(), left=left, right=right):
            _check(left, text)
            _check(right, text)
        case ast.BinOp(op=ast.Div()):
            raise ValueError(f"{text!r} divides; write a division as a power: a * b^-1")
        case _:
            part = ast.unparse(node).replace("**", "^")
            raise ValueError(f"{text!r}: {part!r} has no place in a formula; {GRAMMAR}")


def constant(node: ast.expr, text: str = "") -> float:
    """The value of a number with its sign.

    Raises:
        ValueError: if it is anything else, or too large.
    """
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -constant(operand, text)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return constant(operand, text)
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool) and abs(value) <= LARGEST:
            return float(value)
    part = ast.unparse(node).replace("**", "^")
    raise ValueError(f"{text!r}: {part!r} is no number up to {LARGEST:g}; {GRAMMAR}")


def _names(node: ast.expr) -> list[str]:
    # `ast.walk` goes breadth first; a reader expects names from left to right.
    found = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    return [n.id for n in sorted(found, key=lambda n: (n.lineno, n.col_offset))]
