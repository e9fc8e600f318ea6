"""The one error the audit stops for: a sentence for the person who started it."""

from __future__ import annotations


class AuditError(Exception):
	"""The audit cannot go on. `template` is English with ``{placeholders}`` filled by `params`.

	The command line prints it as one line in the chosen language and ends with exit code 2.
	"""

	def __init__(self, template: str, **params: object) -> None:
		self.template = template
		self.params = params
		super().__init__(template.format(**params))
