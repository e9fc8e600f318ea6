"""Market Research: what is known of a market, how well, and whom it makes worth calling on (L11)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt, get_link_to_form, getdate

from salesflow_std.engine import research

_EARLIEST_YEAR, _LATEST_YEAR = 1900, 2200


class MarketResearch(Document):
	def validate(self) -> None:
		self._check_dates()
		self._check_numbers()
		self._check_competitors()
		self._check_sources()
		self._keep_leads()
		for row in self.candidates:
			row.company_name = " ".join((row.company_name or "").split())
			row.currency = self.currency

	def _check_dates(self) -> None:
		if self.from_date and self.to_date and getdate(self.from_date) > getdate(self.to_date):
			frappe.throw(
				_("A research that ends on {0} cannot begin on {1}.").format(
					frappe.format(self.to_date, {"fieldtype": "Date"}),
					frappe.format(self.from_date, {"fieldtype": "Date"}),
				),
				title=_("Dates", context="Salesflow"),
			)
		if self.size_year and not _EARLIEST_YEAR <= cint(self.size_year) <= _LATEST_YEAR:
			frappe.throw(
				_("{0} is no year that a market size could be of.").format(self.size_year),
				title=_("Market Size", context="Market Research"),
			)

	def _check_numbers(self) -> None:
		if flt(self.growth_rate) < -100:
			frappe.throw(
				_("A market cannot shrink by more than 100 % a year."),
				title=_("Growth a Year", context="Market Research"),
			)
		for row in self.competitors:
			if not 0 <= flt(row.market_share) <= 100:
				frappe.throw(
					_("Row {0}: a market share lies between 0 and 100 %.").format(row.idx),
					title=_("Competitors", context="Market Research"),
				)
		total = sum(flt(row.market_share) for row in self.competitors)
		if flt(total, 2) > 100:
			frappe.throw(
				_("The market shares add up to {0} %, which is more than the market.").format(flt(total, 2)),
				title=_("Competitors", context="Market Research"),
			)
		for row in self.candidates:
			if flt(row.annual_revenue) < 0:
				frappe.throw(
					_("Row {0}: the annual revenue of {1} cannot be negative.").format(
						row.idx, frappe.utils.escape_html(row.company_name)
					),
					title=_("Candidates", context="Market Research"),
				)

	def _check_competitors(self) -> None:
		seen: set[str] = set()
		for row in self.competitors:
			if row.competitor in seen:
				frappe.throw(
					_("Row {0}: {1} is among the competitors already.").format(
						row.idx, get_link_to_form("Competitor", row.competitor)
					),
					title=_("Competitor Twice"),
				)
			seen.add(row.competitor)

	def _check_sources(self) -> None:
		"""L11: a finding with fewer than two sources is flagged; completing all the same is allowed and said."""
		for row in self.findings:
			row.sources = "\n".join(research.sources(row.sources)) or None
			row.single_source = int(research.rests_on_one(row.sources))
		self.single_sources = sum(row.single_source for row in self.findings)
		before = self.get_doc_before_save()
		if self.status != "Completed" or (before and before.status == "Completed"):
			return
		said = []
		if self.single_sources:
			said.append(
				_("{0} of {1} findings rest on one source or none; the standard asks for two.").format(
					self.single_sources, len(self.findings)
				)
			)
		lacking = self.missing_topics()
		if lacking:
			said.append(
				_("Nothing is said of: {0}.").format(
					", ".join(_(topic, context="Research Finding") for topic in lacking)
				)
			)
		if said:
			frappe.msgprint("<br>".join(said), title=_("Completed with Open Points"), indicator="orange")

	def missing_topics(self) -> list[str]:
		"""The topics that L11 asks for and nothing is said of, as `engine.research.TOPICS` calls them."""
		said = {
			"Market Size": bool(flt(self.market_size)),
			"Growth": bool(flt(self.growth_rate)),
			"Competition": bool(self.competition or self.competitors),
			"Technology": bool(self.technology),
			"Gaps": bool(self.gaps),
		}
		return research.missing(said, [row.topic for row in self.findings])

	def _keep_leads(self) -> None:
		"""Which lead a candidate has become is the app's to say (`salesflow_std.research`)."""
		before = self.get_doc_before_save()
		known = {row.name: row for row in before.candidates} if before else {}
		for row in self.candidates:
			old = known.get(row.name)
			row.lead = old.lead if old else None
			row.lead_was_there = old.lead_was_there if old else 0
