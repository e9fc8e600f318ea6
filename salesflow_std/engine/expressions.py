"""Expressions that administrators write into gates: the part of Python that they may use (M1).

What is checked here comes before Frappe's own sandbox. An expression compares and combines values of a document; it
makes no functions, keeps nothing, and reaches no attribute that is no field.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from .errors import EngineError

# Longer ones are programs.
LONGEST = 1000
DOC = "doc"
# Calls on a document or one of its rows.
_METHODS = ("get",)

_ALLOWED = (
	ast.Expression,
	ast.BoolOp,
	ast.And,
	ast.Or,
	ast.UnaryOp,
	ast.Not,
	ast.USub,
	ast.BinOp,
	ast.Add,
	ast.Sub,
	ast.Mult,
	ast.Div,
	ast.FloorDiv,
	ast.Mod,
	ast.Compare,
	ast.Eq,
	ast.NotEq,
	ast.Lt,
	ast.LtE,
	ast.Gt,
	ast.GtE,
	ast.In,
	ast.NotIn,
	ast.Is,
	ast.IsNot,
	ast.IfExp,
	ast.Call,
	ast.Attribute,
	ast.Name,
	ast.Load,
	ast.Store,
	ast.Constant,
	ast.List,
	ast.Tuple,
	ast.Set,
	ast.GeneratorExp,
	ast.ListComp,
	ast.comprehension,
)


class ExpressionError(EngineError):
	"""The expression does what an expression of a gate may not; `field` is ``expression``."""


def check(expression: str, functions: Collection[str], constants: Collection[str] = ()) -> None:
	"""Raises ExpressionError unless an expression keeps to the allowed part of Python.

	`functions` may be called, `constants` may be named; so may ``doc`` and what the expression itself walks through
	(``any(row.rate for row in doc.items)``).
	"""
	if len(expression) > LONGEST:
		raise ExpressionError("expression", "An expression has at most {length} characters.", length=LONGEST)
	try:
		tree = ast.parse(expression.strip(), mode="eval")
	except (SyntaxError, ValueError, RecursionError, MemoryError):
		raise ExpressionError("expression", "This is no expression that can be read.") from None
	known = {DOC, *functions, *constants}
	walked = {
		name.id
		for node in ast.walk(tree)
		if isinstance(node, ast.comprehension)
		for name in ast.walk(node.target)
		if isinstance(name, ast.Name)
	}
	if taken := sorted(walked & known):
		raise ExpressionError("expression", "{name} has a meaning of its own here.", name=taken[0])
	called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
	for node in ast.walk(tree):
		_check_node(node, called, known | walked, functions)


def _check_node(node: ast.AST, called: set[int], known: set[str], functions: Collection[str]) -> None:
	if not isinstance(node, _ALLOWED):
		raise ExpressionError("expression", "An expression cannot use {name}.", name=type(node).__name__)
	if isinstance(node, ast.Name) and node.id not in known:
		raise ExpressionError("expression", "{name} is not known here.", name=node.id)
	if isinstance(node, ast.Name) and node.id in functions and id(node) not in called:
		raise ExpressionError("expression", "{name} can only be called.", name=node.id)
	if isinstance(node, ast.Attribute):
		if node.attr.startswith("_"):
			raise ExpressionError("expression", "{name} is not known here.", name=node.attr)
		if id(node) in called and node.attr not in _METHODS:
			raise ExpressionError("expression", "{name} cannot be called.", name=node.attr)
	if isinstance(node, ast.Call):
		_check_call(node)
	if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Mod):
		# A text times a million fills the memory; a text with a percent sign reads attributes.
		for side in (node.left, node.right):
			if isinstance(side, ast.List | ast.Tuple) or (
				isinstance(side, ast.Constant) and isinstance(side.value, str)
			):
				raise ExpressionError("expression", "An expression multiplies numbers only.")


def _check_call(node: ast.Call) -> None:
	if not isinstance(node.func, ast.Name | ast.Attribute) or node.keywords:
		raise ExpressionError("expression", "An expression cannot call this.")
