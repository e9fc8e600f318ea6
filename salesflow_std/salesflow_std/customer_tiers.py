"""The tier of a customer: proposed by the figures, set by a person (P6).

The figures are those of `customer_sales`; where several companies of the house sell to a customer, the best tier among
them is proposed: who matters to one of them is looked after as such by all. A manager sets the tier; where it is another
one than proposed, they say why. Nothing but the tier that was set counts for care plans; a customer without one counts
as ordinary.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, escape_html

from salesflow_std.engine import care
from salesflow_std.salesflow_std import customer_sales, refusals, reps

DOCTYPE = "Customer"
# As in the database: what the app alone writes of a tier.
COLUMNS = {"sf_proposed_tier": "text(140)", "sf_tier_why": "text(500)", "sf_tier_differs": "int"}


# Proposing -------------------------------------------------------------------------------------------------


class Proposals:
	"""What the figures of twelve months propose; read once, asked of each customer."""

	def __init__(self, today: date, limits: care.TierLimits) -> None:
		self.limits = limits
		self.sales: dict[str, dict[str, float]] = {}
		self.totals: dict[str, float] = {}
		for (company, customer), net in customer_sales.net_sales(today).items():
			self.sales.setdefault(customer, {})[company] = net
			self.totals[company] = self.totals.get(company, 0) + net
		# Where no margin is asked for, none is read.
		self.margins = customer_sales.margins(today) if limits.margin else {}

	def of(self, customer: Mapping[str, object]) -> dict[str, object]:
		"""The values of COLUMNS for a customer: ``{"name", "sf_tier"}``."""
		best = min(
			(
				self._in(company, net, customer["name"])
				for company, net in self.sales.get(customer["name"], {}).items()
			),
			default=(care.ORDINARY, {"because": care.BY_SHARE, "share": 0}),
			key=lambda found: (care.TIERS.index(found[0]), -found[1]["share"]),
		)
		tier, why = best
		return {
			"sf_proposed_tier": tier,
			"sf_tier_why": json.dumps(why, ensure_ascii=False, sort_keys=True),
			"sf_tier_differs": differs(customer["sf_tier"], tier),
		}

	def _in(self, company: str, net: float, customer: str) -> tuple[str, dict]:
		total = self.totals[company]
		share = net / total if total > 0 else 0.0
		margin = self.margins.get((company, customer))
		proposal = care.propose_tier(share, margin, self.limits)
		why = {"because": proposal.because, "company": company, "share": round(share * 100, 2)}
		return proposal.tier, why | ({} if margin is None else {"margin": round(margin * 100, 1)})


def differs(tier: object, proposed: object) -> int:
	"""Whether a manager has something to decide: the figures propose another tier than the one that counts."""
	return int(bool(proposed) and (tier or care.ORDINARY) != proposed)


def why(customer: Mapping[str, object]) -> dict:
	"""The figures behind a proposal: ``{"because", "company", "share", "margin"}``, shares and margins in percent."""
	try:
		found = json.loads(cstr(customer.get("sf_tier_why")) or "{}")
	except ValueError:
		return {}
	return found if isinstance(found, dict) else {}


# Setting ---------------------------------------------------------------------------------------------------


def validate(customer: Document) -> None:
	"""Form, list, import and REST: a manager sets a tier, and says why where it is another one than proposed.

	Raises PermissionError or ValidationError.
	"""
	before = customer.get_doc_before_save()
	was = cstr(before.sf_tier) if before else ""
	if cstr(customer.sf_tier) == was:
		if before:
			customer.sf_tier_reason = before.sf_tier_reason
		return
	known = cstr(before.sf_tier_reason) if before else ""
	reason = cstr(customer.sf_tier_reason).strip()
	customer.sf_tier_reason = _checked(customer, customer.sf_tier, "" if reason == known else reason)
	customer.sf_tier_differs = differs(customer.sf_tier, customer.sf_proposed_tier)


def set_tier(name: str, tier: str | None, reason: str | None = None) -> bool:
	"""Sets a customer's tier, with a reason where it is not the proposed one; False where it was so already.

	For managers who may read the customer: ERPNext's sales managers may not change one, and this is theirs to say.
	Raises PermissionError, or ValidationError without the reason and for a tier that there is not.
	"""
	customer = _locked(name)
	tier = cstr(tier)
	if tier and tier not in care.TIERS:
		frappe.throw(_("There is no tier {0}.").format(escape_html(tier)), title=_("Tier"))
	if tier == cstr(customer.sf_tier):
		return False
	reason = _checked(customer, tier, cstr(reason).strip())
	values = {
		"sf_tier": tier or None,
		"sf_tier_reason": reason,
		"sf_tier_differs": differs(tier, customer.sf_proposed_tier),
	}
	was = customer.sf_tier
	customer.db_set(values)
	customer.add_comment("Info", _told(was, tier, reason))
	return True


def take_over(name: str) -> bool:
	"""Sets the tier that the figures propose; False where it was so already, or nothing is proposed. Raises as `set_tier`."""
	proposed = frappe.db.get_value(DOCTYPE, name, "sf_proposed_tier")
	return bool(proposed) and set_tier(name, proposed)


def _locked(name: str) -> Document:
	frappe.db.get_value(DOCTYPE, name, "name", for_update=True)
	customer = frappe.get_doc(DOCTYPE, name)
	customer.check_permission("read")
	return customer


def _checked(customer: Document, tier: str | None, reason: str) -> str | None:
	"""The reason to keep of a tier that somebody sets now."""
	if not reps.is_manager():
		frappe.throw(
			_("A sales manager sets the tier of a customer; the figures only propose one."),
			frappe.PermissionError,
			title=_("Tier"),
		)
	proposed = customer.sf_proposed_tier
	if not tier or not proposed or tier == proposed:
		return None
	if not reason:
		frappe.throw(
			_("The figures propose {0} for {1}. Say why it is to be {2}: {3}").format(
				frappe.bold(_(proposed, context="Customer")),
				refusals.link(DOCTYPE, customer.name, customer.customer_name),
				frappe.bold(_(tier, context="Customer")),
				_("Reason for Another Tier"),
			),
			title=_("Reason Missing"),
		)
	return reason


def _told(was: str | None, tier: str, reason: str | None) -> str:
	none = _("none", context="Tier")
	text = _("set the tier from {0} to {1}").format(
		_(was, context="Customer") if was else none, _(tier, context="Customer") if tier else none
	)
	return escape_html(f"{text}: {reason}" if reason else text)
