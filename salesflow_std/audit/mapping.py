"""The mapping file: how another CRM's export is read.

A JSON object; every part is optional::

    {
        "leads": {"name": "Record Id", "points.B": "Budget (1-5)", "source": "Channel"},
        "opportunities": {"name": "Deal ID", "status": "Stage", "sales_stage": "Stage", "source": null},
        "values": {"status": {"Closed Won": "Converted"}, "leads.source": {"Expo": "Exhibition"}},
        "date_format": "%d/%m/%Y",
        "delimiter": ";",
        "decimal": ",",
    }

`leads` and `opportunities` map our field to their column; one column may serve several fields, and null
says that a field is not in the file whatever its columns are called. Fields that are not mentioned are found
by their usual labels. `values` translates cells, for both files or (`leads.status`) for one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from salesflow_std.engine import scoring

from . import columns
from .errors import AuditError

_KEYS = ("values", "date_format", "delimiter", "decimal")


@dataclass(frozen=True)
class Mapping:
	"""A mapping file's content; empty when there is none."""

	fields: dict[str, dict[str, str | None]] = field(default_factory=dict)
	values: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
	date_format: str | None = None
	delimiter: str | None = None
	decimal: str | None = None
	path: str = ""
	# What else the file says, for whoever asked for it.
	more: dict[str, object] = field(default_factory=dict)

	def columns_of(self, document: str) -> dict[str, str | None]:
		"""Our field -> their column (None: not in the file)."""
		return self.fields.get(document, {})

	def values_of(self, document: str) -> dict[str, dict[str, str]]:
		"""Field -> their value (compared as `columns.plain`) -> ours."""
		return self.values.get(document, {})


def load(
	path: str | Path | None,
	model: scoring.Model | None,
	sections: Sequence[str] = columns.OF_AUDIT,
	more: Sequence[str] = (),
) -> Mapping:
	"""Reads and checks a mapping file with these sections. Raises AuditError naming the key that is wrong.

	Values of the keys `more` are handed on as they are.
	"""
	if path is None:
		return Mapping()
	try:
		text = Path(path).read_text(encoding="utf-8-sig")
		data = json.loads(text, object_pairs_hook=_no_key_twice)
	except AuditError as error:
		raise AuditError("Mapping {path}: {problem}", path=path, problem=str(error)) from None
	except (OSError, UnicodeDecodeError) as error:
		raise AuditError(
			"Mapping {path} cannot be read: {reason}", path=path, reason=_reason(error)
		) from None
	except (ValueError, RecursionError) as error:
		raise AuditError("Mapping {path} is not JSON: {reason}", path=path, reason=_reason(error)) from None
	return _check(data, str(path), model, {key: columns.SECTIONS[key] for key in sections}, more)


def _no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
	found: dict[str, object] = {}
	for key, value in pairs:
		if key in found:
			raise AuditError("the key {key} is there twice", key=key)
		found[key] = value
	return found


def _reason(error: Exception) -> str:
	if isinstance(error, OSError):
		return error.strerror or type(error).__name__
	return str(error).splitlines()[0]


def _check(
	data: object,
	path: str,
	model: scoring.Model | None,
	sections: dict[str, str],
	more: Sequence[str],
) -> Mapping:
	def wrong(key: str, template: str, **params: object) -> AuditError:
		return AuditError(
			"Mapping {path}: {key}: {problem}", path=path, key=key, problem=AuditError(template, **params)
		)

	if not isinstance(data, dict):
		raise AuditError("Mapping {path}: the file must hold a JSON object", path=path)
	keys = (*sections, *_KEYS, *more)
	for key in data:
		if key not in keys:
			raise wrong(key, "no such key; there are {keys}", keys=", ".join(keys))
	fields = {}
	for section, document in sections.items():
		part = data.get(section, {})
		if not isinstance(part, dict):
			raise wrong(section, "must be an object of our field: their column")
		known = set(columns.known_labels(document, model).values())
		fields[document] = {}
		for key, column in part.items():
			name = key if key in known else columns.POINTS + key
			if name not in known:
				raise wrong(
					f"{section}.{key}", "no such field; there are {keys}", keys=", ".join(sorted(known))
				)
			if column is not None and (not isinstance(column, str) or not column.strip()):
				raise wrong(f"{section}.{key}", "must be the name of a column, or null")
			fields[document][name] = column
	values = _check_values(data.get("values", {}), wrong, sections)
	for key in ("date_format", "delimiter", "decimal"):
		if key in data and not isinstance(data[key], str):
			raise wrong(key, "must be a text")
	form = data.get("date_format")
	if form is not None:
		try:
			# Looked at once here, so that a wrong form stops the audit and not every row.
			if (
				datetime.strptime(datetime(2026, 11, 21).strftime(form), form).date()
				!= datetime(2026, 11, 21).date()
			):
				raise ValueError
		except ValueError:
			raise wrong(
				"date_format", "{form} does not give day, month and year, for example %d/%m/%Y", form=form
			) from None
	delimiter = data.get("delimiter")
	if delimiter is not None:
		delimiter = "\t" if delimiter == "tab" else delimiter
		if len(delimiter) != 1 or delimiter in '"\r\n\0':
			raise wrong("delimiter", "must be one character, for example ;")
	decimal = data.get("decimal")
	if decimal not in (None, ".", ","):
		raise wrong("decimal", "must be . or ,")
	rest = {key: data[key] for key in more if key in data}
	return Mapping(fields, values, form, delimiter, decimal, path, rest)


def _check_values(part: object, wrong, sections: dict[str, str]) -> dict[str, dict[str, dict[str, str]]]:
	if not isinstance(part, dict):
		raise wrong("values", "must be an object of field: translations")
	values: dict[str, dict[str, dict[str, str]]] = {d: {} for d in sections.values()}
	for key, table in part.items():
		section, _, name = key.rpartition(".")
		at = f"values.{key}"
		if section and section not in sections:
			raise wrong(
				at, "no such field; there are {keys}", keys="status, leads.status, opportunities.status, …"
			)
		documents = [sections[section]] if section else list(sections.values())
		documents = [d for d in documents if name in columns.FIELDS[d]]
		if not documents:
			raise wrong(
				at, "no such field; there are {keys}", keys="status, leads.status, opportunities.status, …"
			)
		if not isinstance(table, dict) or not all(isinstance(v, str) for v in table.values()):
			raise wrong(at, "must be an object of their value: our value")
		if name == "status":
			for theirs, ours in table.items():
				fitting = [d for d in documents if ours in columns.STATUSES[d]]
				if not fitting:
					known = sorted({s for d in documents for s in columns.STATUSES[d]})
					raise wrong(
						f"{at}.{theirs}",
						"{value} is no status; there are {keys}",
						value=ours,
						keys=", ".join(known),
					)
		for document in documents:
			values[document].setdefault(name, {}).update(
				{columns.plain(theirs): ours for theirs, ours in table.items()}
			)
	return values
