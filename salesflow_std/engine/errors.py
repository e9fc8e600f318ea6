"""Errors of the engine, phrased once and translatable by whoever shows them."""

from __future__ import annotations


class EngineError(ValueError):
	"""A rule was given something it cannot work with.

	`field` names the place (``bands[1].low``, ``points.B``), so a form can point there. `template` is the
	English sentence with ``{placeholders}`` and `params` fills them: the desk translates the template,
	the command line prints ``str(error)``.
	"""

	def __init__(self, field: str, template: str, **params: object) -> None:
		self.field = field
		self.template = template
		self.params = params
		super().__init__(f"{field}: {template.format(**params)}")
