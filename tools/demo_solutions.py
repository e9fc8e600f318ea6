"""What a sales team has proposed to its customers: proposals in every state, with reviews and a quotation.

Made through the documents themselves and the app's own functions, by the people who do it in a company: the rep
writes, the manager opens the review, sales, product and legal decide. For demo sites only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import frappe

_REP, _MANAGER, _PRODUCT, _LEGAL = (f"{who}@salesflow.demo" for who in ("rep", "manager", "product", "legal"))
_ZH_REP, _ZH_MANAGER = (f"{who}@salesflow.demo" for who in ("xiaoshou", "jingli"))

# Code, English and Chinese name, unit, list price, cost.
_ITEMS = (
	("PLAN-LINE", "Planning Suite, licence for a line", "排产软件，单产线授权", "Nos", 48000, 9000),
	("PLAN-TERMINAL", "Terminal for the shop floor", "车间终端", "Nos", 6500, 4100),
	("PLAN-SETUP", "Setup and training, a day", "实施与培训（人天）", "Nos", 7200, 3900),
	("PLAN-CARE", "Maintenance for a year", "年度维护", "Nos", 26000, 8000),
)
_PAYMENT = (("With the order", 40, 0), ("After acceptance", 60, 30))

_TEXTS = {
	"en": {
		"situation": "Two planners rework the plan by hand whenever an order comes in between: half a day each time, about 60 times a year. Plant and warehouse count their stock apart.",
		"solution": "One plan for plant and warehouse. Orders are typed once; a change is planned again in minutes, with what is in stock and on the machines. Terminals on the shop floor report what is done.",
		"value": "60 changes a year x 4 hours x 2 planners: 480 hours less. Late deliveries fall from 9 % to below 3 %.",
		"delivery_period": "First line 6 weeks after the order, each further line 2 weeks later",
		"service_terms": "Hotline on working days from 8 to 18 o'clock\nAnswer within 4 hours, on site within 2 working days\nUpdates for 12 months",
		"terms": "<p>Prices are net. Ownership passes with the last payment.</p>",
	},
	"zh": {
		"situation": "每次插单，两名计划员都要手工重排半天，一年约 60 次；工厂与仓库的库存各记各的。",
		"solution": "工厂与仓库共用一套计划。订单只录入一次，插单后几分钟内按库存和设备负荷重新排产，车间终端实时报工。",
		"value": "每年 60 次插单 × 4 小时 × 2 名计划员，节省 480 小时；延期交付率由 9% 降到 3% 以下。",
		"delivery_period": "下单后 6 周上线首条产线，其后每条产线 2 周",
		"service_terms": "工作日 8:00-18:00 热线支持\n4 小时内响应，2 个工作日内到场\n12 个月免费升级",
		"terms": "<p>以上价格均为未税价。款项付清后货物所有权转移。</p>",
	},
}
# Feature and value of each need, in the order of the needs.
_ANSWERS = {
	"en": (
		("Replanning on the fly, with the stock and the load of the machines", "Minutes instead of 4 hours: 480 hours less a year", 96000),
		("One stock for plant and warehouse, booked by scan", "Counting once a year instead of 4 times", 40000),
		("Orders come from the ERP system, nobody types them again", "15 minutes less for each of 2,000 orders", 52000),
		("Promised dates from the load of the machines", "Late deliveries from 9 % to below 3 %", 150000),
		("Report for the management by e-mail", "2 hours less a week", 8000),
	),
	"zh": (
		("插单即时重排，兼顾库存与设备负荷", "由 4 小时缩短到几分钟，每年省 480 小时", 96000),
		("工厂与仓库一本库存账，扫码记账", "盘点由每年 4 次减为 1 次", 40000),
		("按设备负荷测算可承诺交期", "延期率由 9% 降到 3% 以下", 150000),
	),
}  # fmt: skip


def make() -> None:
	"""Proposals to the customers that have confirmed their needs, once: open need, in review, approved, changed."""
	if frappe.db.count("Solution Proposal"):
		return
	frappe.flags.mute_emails = True
	for row in _ITEMS:
		_item(*row)
	_payment_terms()
	documents = _documents()
	steps = (_approved, _in_review, _changed, _open_need)
	for i, document in enumerate(documents):
		steps[i % len(steps)](document)


# What proposals are made of --------------------------------------------------------------------------------


def _item(code: str, name: str, chinese: str, unit: str, price: float, cost: float) -> None:
	frappe.get_doc(
		{
			"doctype": "Item",
			"item_code": code,
			"item_name": name,
			"description": f"{name} / {chinese}",
			"item_group": "Products" if frappe.db.exists("Item Group", "Products") else "All Item Groups",
			"stock_uom": unit,
			"is_stock_item": int(code == "PLAN-TERMINAL"),
			"valuation_rate": cost,
		}
	).insert(ignore_permissions=True)
	# What it costs, for the margin: services have no stock to be valued by.
	frappe.db.set_value("Item", code, "last_purchase_rate", cost)
	frappe.get_doc(
		{
			"doctype": "Item Price",
			"item_code": code,
			"price_list": "Standard Selling",
			"price_list_rate": price,
		}
	).insert(ignore_permissions=True)


def _payment_terms() -> None:
	terms = []
	for name, portion, days in _PAYMENT:
		term = {
			"invoice_portion": portion,
			"due_date_based_on": "Day(s) after invoice date",
			"credit_days": days,
		}
		frappe.get_doc({"doctype": "Payment Term", "payment_term_name": name, **term}).insert(
			ignore_permissions=True
		)
		terms.append({"payment_term": name, **term})
	frappe.get_doc(
		{"doctype": "Payment Terms Template", "template_name": "40 % / 60 %", "terms": terms}
	).insert(ignore_permissions=True)


def _documents() -> list[frappe._dict]:
	"""Opportunities of the leads whose needs are confirmed: ``[{"name", "language"}]``, Chinese ones in between."""
	found = []
	for row in frappe.get_all(
		"Needs Record",
		filters={"status": "Confirmed", "reference_doctype": "Lead"},
		fields=["reference_name", "language"],
		order_by="name",
	):
		found.append(frappe._dict(name=_opportunity(row), language=row.language or "en"))
	return found


def _opportunity(row: frappe._dict) -> str:
	owner = _ZH_REP if row.language == "zh" else _REP
	name = frappe.db.get_value(
		"Opportunity", {"opportunity_from": "Lead", "party_name": row.reference_name}, order_by="name"
	)
	if not name:
		company = frappe.defaults.get_global_default("company")
		name = (
			frappe.get_doc(
				{
					"doctype": "Opportunity",
					"opportunity_from": "Lead",
					"party_name": row.reference_name,
					"company": company,
					"currency": frappe.get_cached_value("Company", company, "default_currency"),
					"conversion_rate": 1,
				}
			)
			.insert(ignore_permissions=True)
			.name
		)
	frappe.db.set_value("Opportunity", name, {"opportunity_owner": owner, "language": row.language})
	return name


# Proposals -------------------------------------------------------------------------------------------------


@contextmanager
def _as(user: str) -> Iterator[None]:
	before, language = frappe.session.user, frappe.local.lang
	frappe.set_user(user)
	# What they do is told in their language.
	frappe.local.lang = frappe.db.get_value("User", user, "language") or language
	try:
		yield
	finally:
		frappe.set_user(before)
		frappe.local.lang = language
		frappe.flags.mute_emails = True


def _people(document: frappe._dict) -> tuple[str, str]:
	return (_ZH_REP, _ZH_MANAGER) if document.language == "zh" else (_REP, _MANAGER)


def _written(document: frappe._dict, complete: bool = True, off: float = 8) -> frappe.model.document.Document:
	"""A draft as the rep writes it; without `complete` the first must-need has neither number nor case."""
	from salesflow_std.salesflow_std import proposals

	language = "zh" if document.language == "zh" else "en"
	with _as(_people(document)[0]):
		doc = proposals.make("Opportunity", document.name)
		doc.update({**_TEXTS[language], "language": language, "payment_terms_template": "40 % / 60 %"})
		for code, _name, _chinese, *_rest in _ITEMS:
			qty = {"PLAN-LINE": 2, "PLAN-TERMINAL": 6, "PLAN-SETUP": 12}.get(code, 1)
			doc.append(
				"items",
				{"item_code": code, "qty": qty, "discount_percentage": off if code == "PLAN-LINE" else 0},
			)
		case = frappe.db.get_value("Value Content", {"kind": "Case", "content_language": language})
		for i, (row, (feature, value, amount)) in enumerate(
			zip(doc.answers, _ANSWERS[language], strict=False)
		):
			open_still = not complete and not i
			row.feature = feature
			row.value = "" if open_still else value
			row.value_amount = 0 if open_still else amount
			row.case_content = None if open_still else case
		doc.save()
	return doc


def _review(document: frappe._dict, doc: frappe.model.document.Document) -> str:
	from salesflow_std.salesflow_std import reviews

	rep, manager = _people(document)
	with _as(rep):
		reviews.request(
			doc.name, "请评审" if document.language == "zh" else "The customer expects it this week."
		)
	with _as(manager):
		return reviews.open_review(doc.name)


def _decide(review: str, user: str, decision: str, *scores: int, reason: str | None = None, **more) -> None:
	from salesflow_std.salesflow_std import reviews

	with _as(user):
		reviews.decide(review, reviews.Opinion(decision, *scores, reason, **more))


def _open_need(document: frappe._dict) -> None:
	_written(document, complete=False, off=15)


def _in_review(document: frappe._dict) -> None:
	review = _review(document, _written(document, off=12))
	_decide(review, _PRODUCT, "Approve", 5, 3, 4, reason="Two lines in six weeks can be done.")


def _approved(document: frappe._dict) -> None:
	from salesflow_std.salesflow_std import proposal_quotations

	doc = _written(document)
	review = _review(document, doc)
	_decide(review, _PRODUCT, "Approve", 5, 4, 4)
	_decide(review, _LEGAL, "Approve", 4, 4, 5, reason="Terms as agreed with the customer.")
	_decide(review, _people(document)[1], "Approve", 4, 4, 4)
	with _as(_people(document)[0]):
		proposal_quotations.make_quotation(doc.name)


def _changed(document: frappe._dict) -> None:
	from salesflow_std.salesflow_std import proposals

	doc = _written(document, off=25)
	review = _review(document, doc)
	_decide(review, _people(document)[1], "Approve", 4, 3, 4)
	_decide(review, _LEGAL, "Approve", 4, 3, 5)
	comment = {
		"about": "Item",
		"row_key": next(row.row_key for row in doc.items if row.item_code == "PLAN-SETUP"),
		"comment": "12 days are too few for two lines: 18.",
	}
	reason = "Two lines in six weeks need more days on site."
	_decide(review, _PRODUCT, "Change", 2, 3, 4, reason=reason, comments=[comment])
	with _as(_people(document)[0]):
		after = proposals.new_version(doc.name, "As product management asked")
		next(row for row in after.items if row.item_code == "PLAN-SETUP").qty = 18
		after.items[0].discount_percentage = 20
		after.corrections[0].state = "Taken Over"
		after.save()
