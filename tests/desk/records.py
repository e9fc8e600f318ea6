"""Short ways to the records that the desk tests are about; `call` is the fixture of that name."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

# The time zone of the site and of the browser.
ZONE = ZoneInfo("Asia/Shanghai")
COMPANY = "Standard Test Co"


def unique(prefix: str = "Sample") -> str:
	return f"{prefix} {uuid.uuid4().hex[:8]}"


def digits(count: int) -> str:
	return f"{uuid.uuid4().int % 10**count:0{count}d}"


def ago(**timespan: float) -> str:
	"""`ago(days=3)`: a time of the site that lies so far back."""
	return f"{datetime.now(ZONE) - timedelta(**timespan):%Y-%m-%d %H:%M:%S}"


def as_shown(time: str) -> str:
	"""A time of the site as the desk writes it."""
	return f"{datetime.fromisoformat(time):%d-%m-%Y %H:%M}"


def insert(call: Callable, doctype: str, user: str = "Administrator", **values: Any) -> str:
	return call("frappe.client.insert", user=user, doc={"doctype": doctype, **values})["name"]


def delete(call: Callable, doctype: str, *names: str) -> None:
	"""Take documents out, and wait for what Frappe still deletes of them in the background: it locks whole tables, so
	that what is inserted meanwhile may end in a deadlock."""
	for name in names:
		call("frappe.client.delete", doctype=doctype, name=name)
	busy = json.dumps([["RQ Job", "status", "in", ["queued", "started"]]])
	until = time.monotonic() + 30
	while time.monotonic() < until:
		if not call("frappe.desk.reportview.get_count", doctype="RQ Job", filters=busy, fields="[]"):
			return
		time.sleep(0.2)
	raise AssertionError("the background jobs did not end in 30 s")


def lead(call: Callable, **values: Any) -> str:
	"""A lead of a company nobody else has, unless `values` say otherwise."""
	name = unique()
	return insert(
		call,
		"Lead",
		**{"first_name": name, "company_name": f"{name} Works", "source": "Exhibition", **values},
	)


def user(call: Callable) -> str:
	"""A sales user of their own, who never logs in."""
	name = unique("Owner")
	return insert(
		call,
		"User",
		email=f"{name.replace(' ', '.').lower()}@standard.test",
		first_name=name,
		send_welcome_email=0,
		roles=[{"role": "Sales User"}],
	)


def points(text: str) -> dict[str, int]:
	"""`points("5351")`: the points for B, N, A and U."""
	return {code: int(digit) for code, digit in zip("BNAU", text, strict=True)}


def score(call: Callable, name: str, text: str, user: str = "Administrator", **more: Any) -> dict[str, Any]:
	return call(
		"salesflow_std.api.scoring.score", user=user, doctype="Lead", name=name, points=points(text), **more
	)


def opportunity(call: Callable, **values: Any) -> str:
	"""An opportunity from a new lead."""
	return insert(
		call,
		"Opportunity",
		**{
			"opportunity_from": "Lead",
			"party_name": values.pop("party_name", None) or lead(call),
			"company": COMPANY,
			"currency": "CNY",
			"conversion_rate": 1,
			**values,
		},
	)


def state(call: Callable, doctype: str, name: str, *fields: str) -> Any:
	"""Values from the database: one value for one field, a list for several."""
	doc = call("frappe.client.get", doctype=doctype, name=name)
	return doc.get(fields[0]) if len(fields) == 1 else [doc.get(field) for field in fields]


def history(call: Callable, name: str, doctype: str = "Lead") -> list[dict]:
	"""The scorings of a document, newest first, as full records."""
	rows = call(
		"frappe.client.get_list",
		doctype="BNAU Score",
		filters={"reference_doctype": doctype, "reference_name": name},
		order_by="scored_on desc, creation desc",
	)
	return [call("frappe.client.get", doctype="BNAU Score", name=row["name"]) for row in rows]


def model(call: Callable, **changes: Any) -> str:
	"""A scoring model of its own for leads, like BNAU."""
	doc = call("frappe.client.get", doctype="Scoring Model", name="BNAU")
	kept = ("level_1", "level_2", "level_3", "level_4", "level_5", "label", "code", "weight")
	clocks = ("first_touch", "review")
	return insert(
		call,
		"Scoring Model",
		**{
			"model_name": unique("Model"),
			"applies_to": "Lead",
			"enabled": 1,
			"dimensions": [{key: row.get(key) for key in kept} for row in doc["dimensions"]],
			"bands": [
				{
					key: row.get(key)
					for key in (
						"grade",
						"from_total",
						"below_total",
						"colour",
						"nurture",
						*(f"{clock}_{part}" for clock in clocks for part in ("amount", "unit")),
					)
				}
				for row in doc["bands"]
			],
			**changes,
		},
	)
