"""Deals in all stages of the sales process, with what led there: dates, lost deals, contracts and a handover.

Everything before is made while no gate is asked; the last step puts the gates to work, so that what a newcomer does
is asked as on a customer's site. All dates count back from today. For demo sites only.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import frappe
from frappe.utils import getdate, now_datetime

from tools.demo_solutions import _LEGAL, _MANAGER, _REP, _TEXTS, _ZH_MANAGER, _ZH_REP, _as

_SEED = 11
_LEAD_STAGES = ("Lead Acquired", "Qualified")
_STAGES = ("Needs Explored", "Solution Presented", "Negotiation")
# Days that a deal spends in each stage before it goes on.
_STAYS = {
	"Lead Acquired": (1, 5),
	"Qualified": (3, 9),
	"Needs Explored": (6, 16),
	"Solution Presented": (7, 18),
	"Negotiation": (6, 20),
}

_REASONS = (
	"Price Too High",
	"Delivery Time Too Long",
	"Feature Missing",
	"Project Postponed",
	"Went with the Supplier They Know",
)
_COMPETITORS = ("Beta Systems AG", "Gamma Planning Ltd", "华远软件有限公司")
# Reasons, competitor (None: none was involved), what was learned.
_LOST = (
	(("Price Too High",), "Beta Systems AG", "We named the price before the value: the plant manager never saw the 480 hours."),
	(("Price Too High",), "Gamma Planning Ltd", "Their first year is free. Offer the pilot line before the price comes up."),
	(("Delivery Time Too Long",), "Beta Systems AG", "They decide by the start of the season. Ask for that date in the first talk."),
	(("Project Postponed",), None, "The budget was never released; purchasing knew, we had not asked them."),
	(("Feature Missing", "Price Too High"), "华远软件有限公司", "对方已接入手机报工，我们的演示没有展示终端。下次先演示终端。"),
	(("Went with the Supplier They Know",), "Gamma Planning Ltd", "We never reached the managing director. Her IT head decided alone."),
	(("Project Postponed",), None, "Merger announced. Call again in spring."),
	(("Delivery Time Too Long",), "Gamma Planning Ltd", ""),
)  # fmt: skip

_HANDED_TO = {
	"Delivery": "delivery@salesflow.demo",
	"Finance": "finance@salesflow.demo",
	"After-sales": "service@salesflow.demo",
}


def begin() -> None:
	"""Before the demo's data is made: no gate is asked of it."""
	_settings(stage_enforcement="Off")


def make() -> None:
	"""Brings the deals into their stages, once, and puts the gates to work."""
	if frappe.db.get_single_value("Salesflow Settings", "stage_enforcement") == "Block":
		return
	frappe.flags.mute_emails = True
	rng = random.Random(_SEED)
	for step in (_histories, _lost_deals, _final_intent, _in_clause_review, _signed, _won):
		step(rng)
	_settings(stage_enforcement="Block")
	_override()
	_clock()


def _settings(**values: object) -> None:
	for field, value in values.items():
		frappe.db.set_single_value("Salesflow Settings", field, value)
	frappe.clear_document_cache("Salesflow Settings", "Salesflow Settings")


# Where deals stand, and since when ---------------------------------------------------------------------------


def _histories(rng: random.Random) -> None:
	"""Leads and opportunities have come to their stages over the last weeks, not all of them today."""
	for name in frappe.get_all("Opportunity", filters={"status": "Open"}, pluck="name", order_by="name"):
		deal = frappe.get_doc("Opportunity", name)
		best = _as_far_as_known(deal)
		target = best or rng.choices(_STAGES, (5, 3, 2))[0]
		_tell(rng, deal, target, late=not best and rng.random() < 0.25)
	for row in frappe.get_all(
		"Lead",
		filters={"status": ("in", ("Lead", "Open", "Replied", "Interested"))},
		fields=["name", "sf_grade", "sf_first_touched_on"],
		order_by="name",
	):
		qualified = row.sf_grade in ("A", "B") and row.sf_first_touched_on and rng.random() < 0.7
		_tell(rng, frappe.get_doc("Lead", row.name), _LEAD_STAGES[bool(qualified)])


def _as_far_as_known(deal: frappe.model.document.Document) -> str | None:
	"""The stage that proposals already speak of."""
	states = frappe.get_all(
		"Solution Proposal",
		filters={"reference_doctype": "Opportunity", "reference_name": deal.name},
		pluck="status",
		order_by="name",
	)
	if "Approved" in states:
		return "Negotiation"
	return "Solution Presented" if states else None


def _tell(rng: random.Random, doc: frappe.model.document.Document, target: str, late: bool = False) -> None:
	"""Writes the way of a document into its stage anew, ending a while ago; a `late` one stays there too long."""
	from salesflow_std.engine import stages as rules
	from salesflow_std.salesflow_std import processes, transitions

	stages = _STAGES if doc.doctype == "Opportunity" else _LEAD_STAGES
	way = stages[: stages.index(target) + 1]
	moments = _moments(rng, way, doc, late)
	lead = doc.party_name if doc.doctype == "Opportunity" and doc.opportunity_from == "Lead" else None
	transitions.deleted(doc.doctype, doc.name)
	doc.sf_stage_entered_on = None
	before, came_from, entered = None, None, None
	if lead:
		entered = moments[0] - timedelta(days=rng.randint(*_STAYS["Qualified"]))
		_tell_lead(rng, lead, entered)
		before, came_from = _LEAD_STAGES[-1], ("Lead", lead)
	process = processes.of(doc)
	owner = doc.get("opportunity_owner") or doc.get("lead_owner") or doc.owner
	for stage, moment in zip(way, moments, strict=True):
		transitions.log(
			doc,
			before,
			stage,
			entered_on=entered,
			direction=rules.direction(process, before, stage) if process else None,
			changed_on=moment,
			changed_by=owner,
			came_from=came_from,
		)
		before, came_from, entered = stage, None, moment
	values = {"sf_stage": target}
	if doc.doctype == "Opportunity":
		step = process.stage(target) if process else None
		values |= {
			"sales_stage": target,
			"probability": step.probability if step else doc.probability,
			"transaction_date": moments[0].date(),
		}
	frappe.db.set_value(doc.doctype, doc.name, values, update_modified=False)


def _tell_lead(rng: random.Random, name: str, qualified_on: datetime) -> None:
	"""The lead of an opportunity was acquired before it was qualified, and that before it went on."""
	from salesflow_std.salesflow_std import transitions

	lead = frappe.get_doc("Lead", name)
	acquired = qualified_on - timedelta(days=rng.randint(*_STAYS["Lead Acquired"]))
	captured = frappe.utils.get_datetime(lead.sf_captured_on or lead.creation)
	transitions.deleted("Lead", name)
	lead.sf_stage_entered_on = None
	transitions.log(
		lead, None, _LEAD_STAGES[0], changed_on=min(acquired, captured), changed_by=lead.lead_owner
	)
	transitions.log(
		lead,
		_LEAD_STAGES[0],
		_LEAD_STAGES[1],
		entered_on=min(acquired, captured),
		changed_on=qualified_on,
		changed_by=lead.lead_owner,
	)
	frappe.db.set_value("Lead", name, "sf_stage", _LEAD_STAGES[1], update_modified=False)


def _moments(
	rng: random.Random, way: Sequence[str], doc: frappe.model.document.Document, late: bool
) -> list[datetime]:
	"""When each stage of a way was entered: backwards from a few days ago, in office hours."""
	here = rng.randint(35, 50) if late else rng.randint(1, 9)
	moment = now_datetime().replace(minute=0, second=0, microsecond=0) - timedelta(days=here)
	found = []
	for stage in reversed(way):
		found.append(moment.replace(hour=rng.randint(9, 17)))
		moment -= timedelta(days=rng.randint(*_STAYS[stage]))
	if doc.doctype == "Lead":
		# Nobody is acquired before being captured.
		found[-1] = frappe.utils.get_datetime(doc.sf_captured_on or doc.creation)
		found[0] = max(found[0], found[-1])
	return found[::-1]


# Lost deals ----------------------------------------------------------------------------------------------------


def _lost_deals(rng: random.Random) -> None:
	"""Deals that were lost over the last weeks, each with its reasons, its competitor and what was learned."""
	for reason in _REASONS:
		_make_named("Opportunity Lost Reason", "lost_reason", reason)
		_make_named("Quotation Lost Reason", "order_lost_reason", reason)
	for competitor in _COMPETITORS:
		_make_named("Competitor", "competitor_name", competitor)
	deals = [deal for deal in _open_deals() if not _as_far_as_known(frappe._dict(name=deal))]
	for (reasons, competitor, learned), name in zip(
		_LOST, rng.sample(deals, min(len(_LOST), len(deals))), strict=False
	):
		deal = frappe.get_doc("Opportunity", name)
		for reason in reasons:
			deal.append("lost_reasons", {"lost_reason": reason})
		if competitor:
			deal.append("competitors", {"competitor": competitor})
		deal.update({"status": "Lost", "sf_no_competitor": int(not competitor), "sf_learned": learned})
		deal.save(ignore_permissions=True)
		entered = frappe.utils.get_datetime(deal.sf_stage_entered_on)
		lost_on = min(entered + timedelta(days=rng.randint(3, 20)), now_datetime())
		frappe.db.set_value("Opportunity", name, "sf_lost_on", lost_on, update_modified=False)


def _make_named(doctype: str, field: str, name: str) -> None:
	if not frappe.db.exists(doctype, name):
		frappe.get_doc({"doctype": doctype, field: name}).insert(ignore_permissions=True)


def _open_deals() -> list[str]:
	return frappe.get_all("Opportunity", filters={"status": "Open"}, pluck="name", order_by="name")


# Closing ---------------------------------------------------------------------------------------------------------


def _closing_deal(
	title: str, amount: float, owner: str, language: str = "en"
) -> frappe.model.document.Document:
	"""A deal in negotiation with a customer of its own."""
	company = frappe.defaults.get_global_default("company")
	customer = frappe.get_doc(
		{
			"doctype": "Customer",
			"customer_name": title,
			"customer_type": "Company",
			"account_manager": owner,
		}
	).insert(ignore_permissions=True)
	deal = frappe.get_doc(
		{
			"doctype": "Opportunity",
			"opportunity_from": "Customer",
			"party_name": customer.name,
			"company": company,
			"currency": frappe.get_cached_value("Company", company, "default_currency"),
			"conversion_rate": 1,
			"opportunity_amount": amount,
			"opportunity_owner": owner,
			"expected_closing": getdate() + timedelta(days=12),
			"language": language,
			"items": [{"item_code": "PLAN-LINE", "qty": 1, "rate": amount}],
		}
	).insert(ignore_permissions=True)
	_tell(random.Random(title), deal, "Negotiation")
	return deal.reload()


def _final_intent(rng: random.Random) -> None:
	"""A customer has said yes this morning: the contract is due tomorrow."""
	from salesflow_std.salesflow_std import final_intent

	for title, owner, language, who, words in (
		(
			"West Packaging Works Ltd",
			_REP,
			"en",
			"Plant Manager",
			"Send the contract, we will sign it next week.",
		),
		("江城示例机械有限公司", _ZH_REP, "zh", "采购经理", "方案没问题，请把合同发过来，下周走签字流程。"),
	):
		deal = _closing_deal(title, 96000, owner, language)
		with _as(owner):
			final_intent.record(deal, who, words, now_datetime() - timedelta(hours=5))


def _contract(deal: frappe.model.document.Document, language: str = "en"):
	"""The contract of a deal, its clauses written."""
	from salesflow_std.salesflow_std import contract_making

	with _as(deal.opportunity_owner):
		made = contract_making.make("Opportunity", deal.name)
		contract = frappe.get_doc("Contract", made["name"])
		contract.update(_CLAUSES[language])
		contract.update(
			{
				"sf_amount": deal.opportunity_amount,
				"sf_currency": deal.currency,
				"sf_payment_terms": "40 % / 60 %",
				"sf_delivery_period": _TEXTS[language]["delivery_period"],
				"sf_after_sales": _TEXTS[language]["service_terms"],
			}
		)
		contract.save()
	return contract


_CLAUSES = {
	"en": {
		"sf_scope": "Planning suite for one line with 6 terminals, setup and training of 12 days.",
		"sf_breach": "0.5 % of the price for each week of delay, 5 % at most. Liability up to the price.",
		"sf_intellectual_property": "Licence for the line, not exclusive. Data and plans stay the customer's.",
	},
	"zh": {
		"sf_scope": "单产线排产软件，含 6 台车间终端，12 人天实施与培训。",
		"sf_breach": "每延误一周按合同价 0.5% 支付违约金，最高 5%；赔偿以合同价为限。",
		"sf_intellectual_property": "本产线非独占使用许可；数据与计划归客户所有。",
	},
}


def _in_clause_review(rng: random.Random) -> None:
	"""Contracts that legal has on the desk, one in each language."""
	from salesflow_std.salesflow_std import contract_reviews

	for title, owner, language, note in (
		("Harbour Logistics Works Ltd", _REP, "en", "They asked for 60 days to pay; we left it at 30."),
		("滨海示例包装有限公司", _ZH_REP, "zh", "客户希望违约金上限提高到 10%，请重点看违约条款。"),
	):
		contract = _contract(_closing_deal(title, 148000, owner, language), language)
		with _as(owner):
			contract_reviews.ask(contract.name, note)


def _signed(rng: random.Random) -> None:
	"""A contract that both have signed, with its scan; delivery has taken over, finance and after-sales have not yet."""
	_handover_team()
	_signed_deal("Lake Energy Works Ltd", 212000)


def _won(rng: random.Random) -> None:
	"""Deals with their orders: they are closed and served, and delivery has begun."""
	asked = frappe.db.get_single_value("Salesflow Settings", "quotation_enforcement")
	# Their proposals are from before the demo begins.
	_settings(quotation_enforcement="Off")
	for title, amount in (("North Retail Works Ltd", 96000), ("River Machinery Works Ltd", 144000)):
		_ordered(_signed_deal(title, amount))
	_settings(quotation_enforcement=asked)


def _ordered(deal: frappe.model.document.Document) -> None:
	"""The order of a deal, by way of a quotation."""
	from erpnext.crm.doctype.opportunity.opportunity import make_quotation
	from erpnext.selling.doctype.quotation.quotation import make_sales_order

	quotation = make_quotation(deal.name)
	quotation.insert(ignore_permissions=True)
	quotation.submit()
	order = make_sales_order(quotation.name)
	order.delivery_date = getdate() + timedelta(days=42)
	order.insert(ignore_permissions=True)
	order.submit()


def _signed_deal(
	title: str, amount: float, owner: str = _REP, language: str = "en"
) -> frappe.model.document.Document:
	"""A deal whose contract both have signed and that delivery has taken over."""
	from salesflow_std.engine.clauses import TOPICS
	from salesflow_std.salesflow_std import contract_reviews, contract_signing, delivery_handovers

	deal = _closing_deal(title, amount, owner, language)
	contract = _contract(deal, language)
	with _as(owner):
		review = contract_reviews.ask(contract.name)
	reviewer = frappe.db.get_value("Contract Review", review, "reviewer") or _LEGAL
	with _as(reviewer):
		contract_reviews.decide(
			review, "Approve", findings=[{"topic": topic, "finding": "In Order"} for topic in TOPICS]
		)
	contract.reload()
	contract.flags.ignore_permissions = True
	with _as(_MANAGER):
		contract.submit()
		contract_signing.sign(contract, "Managing Director", now_datetime() - timedelta(minutes=1))
	scan = frappe.get_doc(
		{
			"doctype": "File",
			"file_name": "contract-signed.txt",
			"content": "Signed by both sides.",
			"attached_to_doctype": "Contract",
			"attached_to_name": contract.name,
			"is_private": 1,
		}
	).insert(ignore_permissions=True)
	contract_signing.attach_scan(contract, scan.file_url)
	handover = delivery_handovers.contract_signed(contract.name)
	with _as(owner):
		delivery_handovers.hand_over(handover)
	with _as(_HANDED_TO["Delivery"]):
		said = "首条产线六周后可以启动。" if language == "zh" else "First line can start in six weeks."
		delivery_handovers.acknowledge(handover, said)
	return deal.reload()


def _handover_team() -> None:
	settings = frappe.get_doc("Salesflow Settings")
	if settings.handover_team:
		return
	for function, user in _HANDED_TO.items():
		settings.append("handover_team", {"receiving_function": function, "user": user})
	settings.flags.ignore_mandatory = True
	settings.save(ignore_permissions=True)


# With the gates at work ----------------------------------------------------------------------------------------


def _override() -> None:
	"""A manager has let a deal pass whose needs are not confirmed yet, with a reason that stands in the log."""
	from salesflow_std.salesflow_std import stages

	role = frappe.db.get_single_value("Salesflow Settings", "override_role") or "Sales Master Manager"
	for manager in (_MANAGER, _ZH_MANAGER):
		frappe.get_doc("User", manager).add_roles(role)
	name = frappe.db.get_value(
		"Opportunity",
		{"status": "Open", "sf_stage": _STAGES[0], "opportunity_owner": _REP},
		order_by="name",
	)
	if name:
		with _as(_MANAGER):
			stages.move(
				"Opportunity",
				name,
				_STAGES[1],
				override_reason="The customer asks for a price today; needs are confirmed on Monday.",
			)


def _clock() -> None:
	"""What stands too long is marked."""
	from salesflow_std.jobs import stage_clock

	stage_clock.tick()
