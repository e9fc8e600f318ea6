"""Weights proposed from a site's own history (L6): shown, simulated by the Scoring Model, never applied by itself."""

from __future__ import annotations

import json

import frappe
from frappe import _

from salesflow_std.engine.calibration import NotEnough
from salesflow_std.salesflow_std import calibration, calibration_weights, report_parts, reps, scope
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings
from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import engine_model
from salesflow_std.salesflow_std.messages import say


@frappe.whitelist(methods=["GET", "POST"])
def propose(filters: dict | str | None = None) -> dict:
	"""Weights for the model of the Grade Calibration report with these filters, from the documents it counts.

	Returns ``{"model", "refused": None, "weights": [{"code", "label", "current", "proposed", "low", "high"}], "cases",
	"won", "auc", "auc_then", "partial", "may_simulate"}``, or with what is missing in `refused`; `partial` says that they
	come from the documents of a part of the team. Raises PermissionError for whoever is no manager.
	"""
	if not reps.is_manager() or not frappe.has_permission("Scoring Model", "read"):
		frappe.throw(
			_("Weights are proposed to sales managers."),
			frappe.PermissionError,
			title=_("Not Permitted"),
		)
	filters = report_parts.one_value_each(json.loads(filters) if isinstance(filters, str) else filters)
	found = calibration.history(filters)
	if not found.model:
		return {"model": None, "refused": _("No scoring model is chosen for these documents.")}
	model = engine_model(found.model)
	try:
		proposal = calibration_weights.propose(found.cases, model, settings().calibration_sample)
	except NotEnough as problem:
		return {"model": found.model, "refused": say(problem)}
	return {
		"model": found.model,
		"refused": None,
		"weights": [
			{
				"code": one.code,
				"label": _(model.dimension(one.code).label),
				"current": one.current,
				"proposed": one.proposed,
				"low": one.low,
				"high": one.high,
			}
			for one in proposal.weights
		],
		"cases": proposal.cases,
		"won": proposal.won,
		"auc": vars(proposal.area),
		"auc_then": vars(proposal.area_then),
		"partial": scope.users() is not None,
		"may_simulate": bool(frappe.has_permission("Scoring Model", "write", doc=found.model)),
	}
