"""What customers object to in a quarter, and what was answered. For demo sites only."""

from __future__ import annotations

import random
from datetime import timedelta

import frappe
from frappe.utils import add_to_date, now_datetime

from salesflow_std.salesflow_std import objections

_COMPETITORS = ("Alpha GmbH", "Beta Systems", "北辰软件")
# Kind, words in English and Chinese, verdict.
_SAID = (
	("Price", "The plan fits, but the quotation has to come down five percent.", "方案符合需求，但希望报价再降5%。", "Genuine"),
	("Price", "Too expensive.", "价格太高了。", "Stall"),
	("Feature", "Can it plan two plants at once?", "能不能同时排两个工厂的计划？", "Genuine"),
	("Delivery Time", "Eight weeks are too long, the line starts in six.", "八周太长了，我们六周后就要投产。", "Genuine"),
	("Competitor", "They offer the same for less.", "别家同样的配置更便宜。", "Genuine"),
	("Contract Terms", "We do not pay in advance.", "我们不付预付款。", "Genuine"),
	("Trust", "Have you done this in our industry?", "你们做过我们这个行业吗？", None),
	("Timing", "Call us again next quarter.", "下个季度再联系吧。", "Stall"),
	("Decision", "I have to ask the management first.", "我得先请示领导。", "Stall"),
)  # fmt: skip
_CLOSED, _ANSWERED = 30, 6


def make(seed: int = 11) -> None:
	"""Objections to the open opportunities, once: settled ones, answered ones, and promises of these days."""
	if frappe.db.count("Objection"):
		return
	rng = random.Random(seed)
	for name in _COMPETITORS:
		if not frappe.db.exists("Competitor", name):
			frappe.get_doc({"doctype": "Competitor", "competitor_name": name}).insert()
	deals = frappe.get_all(
		"Opportunity",
		filters={
			"status": ("in", ("Open", "Quotation", "Replied")),
			"opportunity_owner": ("!=", "admin@salesflow.demo"),
		},
		fields=["name", "opportunity_owner"],
		order_by="name",
		limit=24,
	)
	for _number in range(_CLOSED):
		_closed(rng, rng.choice(deals))
	for number, deal in enumerate(deals[: _ANSWERED + 8]):
		_pending(rng, deal, number)


def _said(rng: random.Random, deal: frappe._dict, raised_on: object, **more: object) -> dict:
	chinese = deal.opportunity_owner in ("xiaoshou@salesflow.demo", "jingli@salesflow.demo")
	kind, english, zh, verdict = rng.choice(_SAID)
	return {
		"doctype": "Objection",
		"reference_doctype": "Opportunity",
		"reference_name": deal.name,
		"kind": kind,
		"competitor": rng.choice(_COMPETITORS) if kind == "Competitor" else None,
		"objection": zh if chinese else english,
		"verdict": verdict,
		"raised_on": raised_on,
		"raised_by": "采购经理" if chinese else "Head of Purchasing",
		**more,
	}


def _script(rng: random.Random, kind: str, language: str) -> frappe._dict:
	return rng.choice(
		frappe.get_all(
			"Objection Script",
			filters={"kind": kind, "language": language, "enabled": 1},
			fields=["name", "answer"],
			order_by="name",
		)
	)


def _answer(rng: random.Random, values: dict) -> dict:
	language = "zh" if values["raised_by"] == "采购经理" else "en"
	script = _script(rng, values["kind"], language)
	return {**values, "script": script.name, "answer": script.answer}


def _closed(rng: random.Random, deal: frappe._dict) -> None:
	raised = add_to_date(now_datetime(), days=-rng.randint(4, 80), hours=-rng.randint(0, 6))
	values = _answer(rng, _said(rng, deal, raised))
	doc = frappe.get_doc(values).insert()
	settled = rng.random() < (0.45 if values["verdict"] == "Stall" else 0.75)
	objections.close(
		doc.name,
		settled,
		"They agreed." if settled else "Another reason came up.",
		"Genuine" if not doc.verdict else None,
	)
	# Some took a day or two.
	later = timedelta(days=rng.choice((0, 0, 0, 1, 2)))
	times = {"answered_on": raised + later, "closed_on": raised + later + timedelta(days=1)}
	frappe.db.set_value("Objection", doc.name, times, update_modified=False)


def _pending(rng: random.Random, deal: frappe._dict, number: int) -> None:
	now = now_datetime().replace(microsecond=0)
	values = _said(rng, deal, now - timedelta(days=rng.randint(1, 3)))
	if number < _ANSWERED:
		frappe.get_doc(_answer(rng, values)).insert()
		return
	due = now + timedelta(hours=(-20, -3, 2, 5, 28, 50, -1, 30)[number - _ANSWERED])
	frappe.get_doc({**values, "reply_due_on": due}).insert()
