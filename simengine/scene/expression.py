"""Expressions: ``= 2 * size + 3 * mm``, arithmetic over named values and nothing else.

Python's own parser reads the text; only the nodes listed here are accepted, and they are evaluated
by closures that check every operand. Length, depth and exponents are bounded, text can't be
multiplied and whole numbers stay below 2**63, so no expression can hang or exhaust memory.
"""

from __future__ import annotations

import ast
import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from simengine.errors import SimengineError

__all__ = ["CONSTANTS", "FUNCTIONS", "Expression", "ExpressionError", "compile_expression", "nearest"]

MAX_LENGTH = 1000
MAX_DEPTH = 40
MAX_EXPONENT = 64

Scope = Mapping[str, Any]
Closure = Callable[[Scope], Any]


class ExpressionError(SimengineError):
    """An expression can't be read or evaluated; says what and why."""


def nearest(name: str, names: Iterable[str], *, most: int = 12) -> str:
    """A remedy for a name that does not exist: the nearest one, and all of them if they are few."""
    names = sorted({str(each) for each in names})
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.55)
    parts = [f"Did you mean '{near[0]}'?"] if near else []
    if names and len(names) <= most:
        parts.append(f"Valid here: {', '.join(names)}.")
    return " ".join(parts)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionError(f"{_show(value)} is not a number.")
    return value


def _checked(value: Any) -> Any:
    """Keeps whole numbers small and numbers finite."""
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise ExpressionError("the result is not a finite number.")
    if isinstance(value, int) and abs(value) >= 2**63:
        raise ExpressionError("the result is too large.")
    return value


def _power(base: Any, exponent: Any) -> Any:
    if abs(exponent) > MAX_EXPONENT:
        raise ExpressionError(f"the exponent {exponent:g} is beyond {MAX_EXPONENT}.")
    return base**exponent


def _flat(name: str, values: tuple[Any, ...]) -> list[Any]:
    items = list(values[0]) if len(values) == 1 and isinstance(values[0], list) else list(values)
    if not items:
        raise ExpressionError(f"{name}() needs at least one number.")
    return [_number(item) for item in items]


def _round(value: Any, digits: Any = None) -> Any:
    if digits is None:
        return round(_number(value))
    if not isinstance(digits, int) or abs(digits) > 15:
        raise ExpressionError("round(x, digits) takes a whole number of digits up to 15.")
    return round(float(_number(value)), digits)


def _on_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: function(*(_number(value) for value in values))


FUNCTIONS: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "min": (1, 64, lambda *values: min(_flat("min", values))),
    "max": (1, 64, lambda *values: max(_flat("max", values))),
    "abs": (1, 1, _on_numbers(abs)),
    "sqrt": (1, 1, _on_numbers(math.sqrt)),
    "exp": (1, 1, _on_numbers(math.exp)),
    "log": (1, 1, _on_numbers(math.log)),
    "sin": (1, 1, _on_numbers(math.sin)),
    "cos": (1, 1, _on_numbers(math.cos)),
    "tan": (1, 1, _on_numbers(math.tan)),
    "asin": (1, 1, _on_numbers(math.asin)),
    "acos": (1, 1, _on_numbers(math.acos)),
    "atan2": (2, 2, _on_numbers(math.atan2)),
    "floor": (1, 1, _on_numbers(math.floor)),
    "ceil": (1, 1, _on_numbers(math.ceil)),
    "round": (1, 2, _round),
    "clamp": (3, 3, _on_numbers(lambda x, low, high: min(max(x, low), high))),
    "lerp": (3, 3, _on_numbers(lambda a, b, t: a + (b - a) * t)),
}
"""Functions of expressions: fewest and most arguments, and what they do. Angles are in radians."""

CONSTANTS: dict[str, float] = {
    "pi": math.pi, "deg": math.pi / 180, "mm": 1e-3, "cm": 1e-2,
}  # fmt: skip
"""Named numbers of expressions; the units are factors: ``= 3 * mm``."""

_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: _power,
}
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Lt: lambda a, b: _number(a) < _number(b),
    ast.LtE: lambda a, b: _number(a) <= _number(b),
    ast.Gt: lambda a, b: _number(a) > _number(b),
    ast.GtE: lambda a, b: _number(a) >= _number(b),
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.UAdd: lambda a: _number(a),
    ast.USub: lambda a: -_number(a),
    ast.Not: lambda a: not a,
}


class Expression:
    """An expression that was read; make it with `compile_expression`.

    Attributes:
        text: As written, without the leading ``=``.
        names: Variables that it uses.
        counted: Arguments of its calls ``count('NAME')``.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.names: set[str] = set()
        self.counted: set[str] = set()
        if len(text) > MAX_LENGTH:
            raise ExpressionError(f"the expression has {len(text)} characters; {MAX_LENGTH} are allowed.")
        try:
            tree = ast.parse(self.text, mode="eval")
        except SyntaxError as error:
            raise ExpressionError(f"'{self.text}' is no expression: {error.msg}.") from None
        except (ValueError, RecursionError, MemoryError):
            raise ExpressionError(f"'{self.text[:60]}' is no expression.") from None
        self._run = self._compile(tree.body, 0)

    def __call__(self, scope: Scope) -> Any:
        """Evaluates.

        Args:
            scope: Values by name.

        Returns:
            A number, text, boolean, list or mapping.

        Raises:
            ExpressionError: It has no value: a name is missing, a type does not fit, a division by zero.
        """
        try:
            return self._run(scope)
        except ExpressionError as error:
            raise ExpressionError(f"'= {self.text}' can't be evaluated: {error}") from None
        except ZeroDivisionError:
            raise ExpressionError(f"'= {self.text}' divides by zero.") from None
        except (OverflowError, ValueError) as error:
            raise ExpressionError(f"'= {self.text}' can't be evaluated: {error}.") from None

    def _compile(self, node: ast.AST, depth: int) -> Closure:
        if depth > MAX_DEPTH:
            raise ExpressionError(f"the expression is nested more than {MAX_DEPTH} deep.")

        def inner(child: ast.AST) -> Closure:
            return self._compile(child, depth + 1)

        if isinstance(node, ast.Constant):
            return self._constant(node.value)
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            operate, left, right = _BINARY[type(node.op)], inner(node.left), inner(node.right)
            return lambda scope: _checked(operate(_number(left(scope)), _number(right(scope))))
        if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
            apply, operand = _UNARY[type(node.op)], inner(node.operand)
            return lambda scope: apply(operand(scope))
        if isinstance(node, ast.BoolOp):
            parts = [inner(value) for value in node.values]
            if isinstance(node.op, ast.And):
                return lambda scope: all(part(scope) for part in parts)
            return lambda scope: any(part(scope) for part in parts)
        if isinstance(node, ast.Compare) and all(type(op) in _COMPARE for op in node.ops):
            operators = [_COMPARE[type(op)] for op in node.ops]
            operands = [inner(part) for part in (node.left, *node.comparators)]
            return lambda scope: _chain(operators, [part(scope) for part in operands])
        if isinstance(node, ast.IfExp):
            test, yes, no = inner(node.test), inner(node.body), inner(node.orelse)
            return lambda scope: yes(scope) if test(scope) else no(scope)
        if isinstance(node, ast.List | ast.Tuple):
            items = [inner(part) for part in node.elts]
            return lambda scope: [part(scope) for part in items]
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
            value, key = inner(node.value), inner(node.slice)
            return lambda scope: _entry(value(scope), key(scope))
        if isinstance(node, ast.Attribute):
            owner, attribute = inner(node.value), node.attr
            return lambda scope: _entry(owner(scope), attribute)
        if isinstance(node, ast.Call):
            return self._call(node, inner)
        raise ExpressionError(
            f"'{ast.unparse(node)[:60]}' is not allowed in an expression. "
            "Use arithmetic, comparisons, and/or/not, x if test else y, lists, subscripts and the functions "
            f"{', '.join(FUNCTIONS)}."
        )

    def _constant(self, value: Any) -> Closure:
        if value is None or not isinstance(value, bool | int | float | str):
            raise ExpressionError(f"{value!r} is not allowed in an expression.")
        _checked(value)
        return lambda scope: value

    def _name(self, name: str) -> Closure:
        if name in ("true", "false"):
            truth = name == "true"
            return lambda scope: truth
        self.names.add(name)

        def look_up(scope: Scope) -> Any:
            if name in scope:
                return scope[name]
            if name in CONSTANTS:
                return CONSTANTS[name]
            raise ExpressionError(f"there is no variable '{name}'. {nearest(name, [*scope, *CONSTANTS])}".strip())

        return look_up

    def _call(self, node: ast.Call, inner: Callable[[ast.AST], Closure]) -> Closure:
        if not isinstance(node.func, ast.Name) or node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            raise ExpressionError(f"'{ast.unparse(node)[:60]}' is not allowed. Call one of {', '.join(FUNCTIONS)}.")
        name = node.func.id
        if name == "count":
            if len(node.args) != 1 or not isinstance(node.args[0], ast.Constant) or type(node.args[0].value) is not str:
                raise ExpressionError("count() takes the name of an object in quotes: count('die').")
            wanted = node.args[0].value
            self.counted.add(wanted)
            return lambda scope: _count(scope, wanted)
        if name not in FUNCTIONS:
            raise ExpressionError(f"there is no function '{name}'. {nearest(name, [*FUNCTIONS, 'count'], most=20)}")
        fewest, most, function = FUNCTIONS[name]
        if not fewest <= len(node.args) <= most:
            raise ExpressionError(f"{name}() takes {fewest if fewest == most else f'{fewest} to {most}'} arguments.")
        arguments = [inner(argument) for argument in node.args]
        return lambda scope: _checked(function(*(argument(scope) for argument in arguments)))


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """Reads an expression.

    Args:
        text: The expression, with or without the leading ``=``.

    Raises:
        ExpressionError: It is no expression, or uses what is not allowed.
    """
    return Expression(text.strip().removeprefix("="))


def _chain(operators: list[Callable[[Any, Any], Any]], values: list[Any]) -> bool:
    pairs = zip(operators, values[:-1], values[1:], strict=True)
    return all(operator(left, right) for operator, left, right in pairs)


def _entry(owner: Any, key: Any) -> Any:
    if isinstance(owner, dict):
        if isinstance(key, str) and key in owner:
            return owner[key]
        raise ExpressionError(f"there is no entry {_show(key)}. {nearest(str(key), owner)}".strip())
    if isinstance(owner, list):
        if isinstance(key, bool) or not isinstance(key, int) or not -len(owner) <= key < len(owner):
            raise ExpressionError(f"the list has no entry {_show(key)}; it has {len(owner)}, counted from 0.")
        return owner[key]
    raise ExpressionError(f"{_show(owner)} has no entries.")


def _count(scope: Scope, name: str) -> int:
    counts = scope.get("count")
    if not isinstance(counts, Mapping):
        raise ExpressionError("count('NAME') works in constraints only; here `count` is the number of copies.")
    if name not in counts:
        raise ExpressionError(f"there is no object '{name}'. {nearest(name, counts)}".strip())
    return counts[name]


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
