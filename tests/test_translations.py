"""Everything the app says has its words in Chinese: `translations/zh.csv` against the sources.

The strings are read from where they are written: `_()` and `__()` calls, mail templates, doctypes, custom fields,
workspace, pages, cards, charts, reports, shipped records and the engine's errors. What Frappe and ERPNext translate already is
listed in `data/upstream_zh.csv`, with whether it says what we mean: if it does, we leave it to them; if it
does not, our text needs a context, because a translation without one would change their pages too.
"""

from __future__ import annotations

import ast
import csv
import functools
import html
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from salesflow_std import hooks
from salesflow_std.engine import risk, scoring, worktime
from salesflow_std.setup import custom_fields

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "salesflow_std"
CATALOGUE = APP / "translations" / "zh.csv"
UPSTREAM = Path(__file__).parent / "data" / "upstream_zh.csv"

# Names that are the same in Chinese.
NAMES = {"BNAU"}

_CJK = re.compile("[\u4e00-\u9fff]")
_PLACEHOLDER = re.compile(r"\{\w*\}")
_WORD = re.compile("[A-Za-z]{2,}")


@dataclass(frozen=True)
class Said:
	"""A string that is shown, the context it is looked up by, and where it is written.

	`as_theirs`: the desk's own word will do, also where we would have chosen another: a doctype of ERPNext is
	called in our sentences as it is called on its page.
	"""

	source: str
	context: str | None
	place: str
	as_theirs: bool = False

	def __str__(self) -> str:
		context = f" [{self.context}]" if self.context else ""
		return f"{self.source!r}{context} ({self.place})"


@dataclass(frozen=True)
class Row:
	source: str
	translation: str
	context: str | None = None


def place(path: Path, line: int | str = "") -> str:
	name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
	return f"{name}:{line}" if line else str(name)


# Where strings come from that are no literal at the place that shows them ----------------------------------


def doctype_files() -> list[Path]:
	return sorted((APP / "salesflow_std" / "doctype").glob("*/*.json"))


def read_json(path: Path) -> dict:
	return json.loads(path.read_text(encoding="utf-8"))


def field_of(doctype: str, fieldname: str) -> dict:
	for path in doctype_files():
		data = read_json(path)
		if data["name"] == doctype:
			return next(f for f in data["fields"] if f["fieldname"] == fieldname)
	fields = custom_fields.CUSTOM_FIELDS[doctype]
	return next(f for f in fields if f["fieldname"] == fieldname)


def override_roles() -> set[str]:
	"""The role that ships; an administrator may name another, which ERPNext or they have translated."""
	return {field_of("Salesflow Settings", "override_role")["default"]}


def options_of(doctype: str, *fieldnames: str) -> set[str]:
	options = "\n".join(field_of(doctype, fieldname)["options"] for fieldname in fieldnames)
	return {option for option in options.split("\n") if option}


def clause_topics() -> set[str]:
	return options_of("Contract Review Clause", "topic")


def clause_review_statuses() -> set[str]:
	return options_of("Contract Review", "status")


def selectable(doctype: str) -> set[str]:
	"""All that the Select fields of a doctype offer."""
	path = next(path for path in doctype_files() if read_json(path)["name"] == doctype)
	selects = [f["fieldname"] for f in read_json(path)["fields"] if f["fieldtype"] == "Select"]
	return options_of(doctype, *selects)


def constants_of(path: str) -> dict[str, ast.expr]:
	"""The constants of a module as they are written, without importing the module."""
	return {
		node.targets[0].id: node.value
		for node in ast.parse((APP / path).read_text(encoding="utf-8")).body
		if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
	}


def constant_of(path: str, name: str) -> object:
	return ast.literal_eval(constants_of(path)[name])


def graded_doctypes() -> set[str]:
	return set(constant_of("salesflow_std/grading.py", "GRADED_DOCTYPES"))


def groupings() -> set[str]:
	return set(constant_of("salesflow_std/report/lead_discipline/lead_discipline.py", "GROUPS"))


def kpi_schemes() -> set[str]:
	"""The schemes that we ship."""
	return {scheme["scheme_name"] for scheme in shipped("kpi_scheme")}


def objection_groupings() -> set[str]:
	return set(constant_of("salesflow_std/report/objections/objections.py", "GROUPS"))


def funnel_groupings() -> set[str]:
	"""What the deals of the funnel are broken down by: the constants that its report shows."""
	written = constants_of("salesflow_std/funnel_groups.py")
	tree = ast.parse((APP / "salesflow_std/funnel_groups.py").read_text(encoding="utf-8"))
	for node in tree.body:
		if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
			names = [target.id for target in node.targets[0].elts]
			written |= dict(zip(names, node.value.elts, strict=True))
	return {ast.literal_eval(written[name.id]) for name in written["GROUPS"].elts}


def kinds_of_sameness() -> set[str]:
	"""By what two leads look the same: the keys of `overrides.lead._keys`."""
	tree = ast.parse((APP / "overrides" / "lead.py").read_text(encoding="utf-8"))
	function = next(node for node in tree.body if getattr(node, "name", "") == "_keys")
	returned = next(node for node in ast.walk(function) if isinstance(node, ast.Dict))
	return {key.value for key in returned.keys}


def planned_doctypes() -> set[str]:
	"""What follow-ups are for: the keys of `follow_ups.SUBJECTS`."""
	return {key.value for key in constants_of("salesflow_std/follow_ups.py")["SUBJECTS"].keys}


def channels() -> set[str]:
	return options_of("Follow Up", "channel")


def value_kinds() -> set[str]:
	return options_of("Value Content", "kind")


def cases() -> set[str]:
	"""What a manager is told of, by the kind of the touch."""
	return set(constant_of("jobs/follow_up_clock.py", "WHAT").values())


@functools.cache
def goals() -> set[str]:
	"""What touches are for: stored in English, by the policies that we ship and by the app itself."""
	written = [
		node.value
		for path in (
			"salesflow_std/follow_ups.py",
			"salesflow_std/touches.py",
			"salesflow_std/care_touches.py",
			"salesflow_std/survey_calls.py",
			"salesflow_std/customer_tasks.py",
		)
		for node in constants_of(path).values()
		if isinstance(node, ast.Constant) and isinstance(node.value, str)
	]
	return {*written, *(step["goal"] for policy in shipped("cadence_policy") for step in policy["steps"])}


def festivals() -> set[str]:
	"""The festivals that we ship."""
	return {festival["festival_name"] for festival in shipped("festival")}


@functools.cache
def cancel_reasons() -> set[str]:
	"""Why touches were cancelled, stored in English: what `cancel(touches, …)`, `_end(touches, …)`,
	`needless(survey, …)` and the planning of care are told."""
	found = set()
	for path in python_files():
		for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
			if (
				isinstance(node, ast.Call)
				and _called(node) in ("cancel", "_end", "needless", "_cancelled", "_end_plan")
				and len(node.args) == 2
			):
				reason = node.args[1]
				if isinstance(reason, ast.Constant) and isinstance(reason.value, str):
					found.add(reason.value)
	return found


@functools.cache
def stored_reasons() -> set[str]:
	"""Reasons that the app writes into a grade's history by itself, in English; translated when shown."""
	found = set()
	for path in python_files():
		for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
			pairs: Iterable = ()
			if isinstance(node, ast.Dict):
				pairs = zip(node.keys, node.values, strict=True)
			elif isinstance(node, ast.Call):
				pairs = ((ast.Constant(k.arg), k.value) for k in node.keywords)
			for key, value in pairs:
				if (
					isinstance(key, ast.Constant)
					and key.value == "reason"
					and isinstance(value, ast.Constant)
					and isinstance(value.value, str)
				):
					found.add(value.value)
	return found


def shipped(kind: str) -> list[dict]:
	return [read_json(path) for path in sorted((APP / "fixtures" / kind).glob("*.json"))]


def shipped_models() -> list[dict]:
	return shipped("scoring_model")


def model_names() -> set[str]:
	return {model["model_name"] for model in shipped_models()}


def policy_names() -> set[str]:
	return {policy["policy_name"] for policy in shipped("cadence_policy")}


def policy_descriptions() -> set[str]:
	return {policy["description"] for policy in shipped("cadence_policy")}


def policy_goals() -> set[str]:
	return {step["goal"] for policy in shipped("cadence_policy") for step in policy["steps"]}


def dimension_labels() -> set[str]:
	return {row["label"] for model in shipped_models() for row in model["dimensions"]}


def levels() -> set[str]:
	return {
		text
		for model in shipped_models()
		for row in model["dimensions"]
		for key, text in row.items()
		if key.startswith("level_") and text
	}


def tags() -> set[str]:
	return {tag["tag_name"] for tag in shipped("customer_tag")}


def tag_categories() -> set[str]:
	return {category["category_name"] for category in shipped("customer_tag_category")}


def parties() -> set[str]:
	return set(constant_of("salesflow_std/profiles.py", "PARTIES"))


def profiled_doctypes() -> set[str]:
	return parties() | {"Opportunity"}


@functools.cache
def reasons_of_fit() -> set[str]:
	"""Why a dimension is met or not: the first argument of `Reason` in the engine."""
	tree = ast.parse((APP / "engine" / "fit.py").read_text(encoding="utf-8"))
	calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) == "Reason"]
	templates = {node.args[0].value for node in calls if isinstance(node.args[0], ast.Constant)}
	return templates | set(constant_of("engine/fit.py", "CHAIN_REASONS"))


def fit_dimensions() -> set[str]:
	return options_of("Scoring Dimension", "target_dimension")


def target_roles() -> set[str]:
	return options_of("Target Role", "role")


def customer_tags() -> set[str]:
	return {tag["tag_name"] for tag in shipped("customer_tag")}


def error_texts() -> set[str]:
	return {said.source for said in errors_said()}


def error_parameters() -> set[str]:
	return set(worktime.UNITS)


def words_of_questions() -> set[str]:
	"""What questions of a survey are about, and how they are answered."""
	return options_of("Survey Question", "dimension", "kind")


def labels_of_terms() -> set[str]:
	"""What comments on terms are about: fields of a proposal."""
	fields = constant_of("salesflow_std/reviews.py", "TERMS")
	return {field_of("Solution Proposal", fieldname)["label"] for fieldname in fields}


def labels_of_weeks() -> set[str]:
	"""What is refused in a week of a delivery: what was told, and people who do not use the desk."""
	told = constant_of("salesflow_std/delivery_syncs.py", "TOLD")
	return {
		field_of("Delivery Sync", fieldname)["label"]
		for fieldname in (*told, "allocated_to", "delivery_user")
	}


def labels_of_losses() -> set[str]:
	"""What is missing of a loss analysis, and links that are another customer's."""
	fields = ("causes", "analysis", "offer_kind", "offer", "outcome_note", "opportunity", "quotation")
	return {field_of("Loss Analysis", fieldname)["label"] for fieldname in fields}


def tiers() -> set[str]:
	return options_of("Customer", "sf_tier")


def linked_records() -> set[str]:
	"""ERPNext's own records that ours link to: its setup wizard names them in the language of the site."""
	return {policy["sales_stage"] for policy in shipped("cadence_policy") if policy.get("sales_stage")}


def stage_names() -> set[str]:
	return {stage["stage_name"] for stage in shipped("sales_stage")}


def words_of_stages(field: str) -> set[str]:
	rows = (row for process in shipped("sales_process") for row in process["stages"])
	return {line for row in rows for line in row[field].split("\n")}


def process_names() -> set[str]:
	return {row["process_name"] for row in shipped("sales_process")}


def goal_words() -> set[str]:
	return options_of("Sales Goal", "status")


def gate_titles() -> set[str]:
	return {row["gate"] for process in shipped("sales_process") for row in process["gates"]}


def stage_ageing_words(*names: str) -> set[str]:
	path = "salesflow_std/report/stage_ageing/stage_ageing.py"
	return {word for name in names for word in constant_of(path, name)}


def lost_deal_groups() -> set[str]:
	return set(constant_of("salesflow_std/report/lost_deals/lost_deals.py", "GROUPS"))


def passed_over_kinds() -> set[str]:
	return set(constant_of("salesflow_std/report/gates_passed_over/gates_passed_over.py", "KINDS"))


def reasons_of_gates() -> set[str]:
	rows = (row for process in shipped("sales_process") for row in process["gates"])
	return {row["why"] for row in rows if row.get("why")}


def staged_doctypes() -> set[str]:
	return options_of("Sales Process Stage", "lives_on")


def other_apps_names() -> set[str]:
	"""Names of doctypes that administrators choose: as the desk has them."""
	return set()


def stage_roles() -> set[str]:
	return {row["owner_role"] for process in shipped("sales_process") for row in process["stages"]}


def acceptance_results() -> set[str]:
	return options_of("Acceptance Report", "result")


def receiving_functions() -> set[str]:
	return options_of("Handover Receiver", "receiving_function")


def handover_statuses() -> set[str]:
	return options_of("Delivery Handover", "status")


def lead_sources() -> set[str]:
	return {source["source_name"] for source in shipped("lead_source")}


def order_standings() -> set[str]:
	return {one for one in options_of("Sales Order", "sf_contract_standing") if one}


# Units in a sentence and ERPNext's own records are fine as the desk has them.
AS_THEIRS = (error_parameters, linked_records, override_roles, stage_roles)

# Calls that translate something else than a literal, by file and argument, and all it can be.
_DELIVERY_SYNC = "salesflow_std/doctype/delivery_sync/delivery_sync"
_COACHING = "salesflow_std/doctype/coaching_record/coaching_record"
_SALES_REVIEW = "salesflow_std/doctype/sales_review/sales_review"
_BNAU_SCORE = "salesflow_std/doctype/bnau_score/bnau_score.py"
_SETTINGS = "salesflow_std/doctype/salesflow_settings/salesflow_settings.py"
_REPORT = "salesflow_std/report/lead_discipline/lead_discipline"
_NEEDS_REPORT = "templates/print_formats/needs_analysis_report.html"
_VALUE_REPORT = "salesflow_std/report/value_content_replies/value_content_replies"
_FOLLOW_UP = "salesflow_std/doctype/follow_up/follow_up"
_PROFILE = "salesflow_std/doctype/customer_profile/customer_profile.py"
_TAGS_REPORT = "salesflow_std/report/customer_tags/customer_tags.py"
_PANEL = "public/js/customer_panel.js"
_TARGET = "salesflow_std/doctype/target_customer_profile/target_customer_profile.py"
_OBJECTIONS_REPORT = "salesflow_std/report/objections/objections"
_RESEARCH = "salesflow_std/doctype/market_research/market_research"
_RESEARCH_REPORT = "templates/print_formats/market_research_report.html"
_MINUTES = "salesflow_std/doctype/meeting_minutes/meeting_minutes"
_SURVEY = "salesflow_std/doctype/satisfaction_survey/satisfaction_survey"
_SURVEY_TEMPLATE = "salesflow_std/doctype/survey_template/survey_template.py"
_PLAN_REPORT = "templates/print_formats/account_plan_report.html"
_PROPOSAL_LIST = "salesflow_std/doctype/solution_proposal/solution_proposal_list.js"
_REVIEW_RECORD = "templates/print_formats/proposal_review_record.html"
_CONTRACT_RECORD = "templates/print_formats/contract_review_record.html"
_CONTRACT_REVIEW = "salesflow_std/doctype/contract_review/contract_review"
_REVIEW_LIST = "salesflow_std/doctype/proposal_review/proposal_review_list.js"
_STAGE_PATH = "salesflow_std/stage_path.py"
_PROCESS = "salesflow_std/doctype/sales_process/sales_process"
_CHECKS = "salesflow_std/process_checks.py"
_WORDS = "salesflow_std/gate_words.py"
_LOST_DEALS = "salesflow_std/report/lost_deals/lost_deals"
_STAGE_FUNNEL = "salesflow_std/report/stage_funnel/stage_funnel.py"
_STAGE_AGEING = "salesflow_std/report/stage_ageing/stage_ageing"
_PASSED_OVER = "salesflow_std/report/gates_passed_over/gates_passed_over"
_ACCEPTANCE = "salesflow_std/doctype/acceptance_report/acceptance_report"
_TRANSITION_LIST = "salesflow_std/doctype/stage_transition/stage_transition_list.js"
_RENEWALS = "salesflow_std/report/renewals/renewals"
_REFERRALS = "salesflow_std/report/referrals/referrals"
_SATISFACTION = "salesflow_std/report/customer_satisfaction/customer_satisfaction.py"
_AT_RISK = "salesflow_std/report/customers_at_risk/customers_at_risk"
_KPI_SCHEME = "salesflow_std/doctype/kpi_scheme/kpi_scheme"
_KPI_SCORE = "salesflow_std/doctype/kpi_score/kpi_score"
_TARGET_PLAN = "salesflow_std/doctype/sales_target_plan/sales_target_plan"
_LOSS = "salesflow_std/doctype/loss_analysis/loss_analysis"
_GOAL = "salesflow_std/doctype/sales_goal/sales_goal"
_GOALS = "salesflow_std/goals.py"
_GOAL_REPORT = "salesflow_std/report/goal_progress/goal_progress"
_CALIBRATION = "salesflow_std/report/grade_calibration/grade_calibration"
DYNAMIC: dict[tuple[str, str], Callable[[], set[str]]] = {
	("api/calibration.py", "model.dimension(one.code).label"): dimension_labels,
	(_CALIBRATION + ".py", "dimension.label"): dimension_labels,
	(_CALIBRATION + ".py", "row.status"): other_apps_names,
	(_CALIBRATION + ".js", "value"): lambda: {"Lead", "Opportunity"},
	(_GOAL + ".py", "self.stage"): stage_names,
	(_GOAL + ".py", "one.name"): stage_names,
	(_GOAL + ".py", "process.name"): process_names,
	(_GOAL + ".py", "old"): goal_words,
	(_GOAL + "_list.js", "doc.status"): goal_words,
	(_GOAL + "_list.js", "doc.stage"): stage_names,
	(_GOAL + "_list.js", "doc.measure"): lambda: options_of("Sales Goal", "measure"),
	(_GOALS, "name"): process_names,
	(_GOALS, "process.name"): process_names,
	(_GOALS, "goal.stage"): stage_names,
	(_GOALS, "goal.measure"): lambda: options_of("Sales Goal", "measure"),
	(_GOAL_REPORT + ".py", "goal.stage"): stage_names,
	(_GOAL_REPORT + ".py", "goal.measure"): lambda: options_of("Sales Goal", "measure"),
	(_GOAL_REPORT + ".py", "goal.status"): goal_words,
	(_GOAL_REPORT + ".js", "value"): goal_words,
	("api/cards.py", "row.stage"): stage_names,
	(_KPI_SCHEME + ".py", "str(said['measure'])"): lambda: options_of("KPI Weight", "measure"),
	(_KPI_SCHEME + ".py", "one"): lambda: options_of("KPI Weight", "measure"),
	(_KPI_SCHEME + ".py", "other.name"): kpi_schemes,
	(_KPI_SCHEME + ".js", "word"): lambda: selectable("KPI Weight"),
	(_KPI_SCHEME + "_list.js", "word"): lambda: set(),  # ERPNext's own
	(_KPI_SCHEME + "_list.js", "value"): kpi_schemes,
	(_KPI_SCORE + ".js", "word"): lambda: selectable("KPI Weight"),
	(_KPI_SCORE + "_list.js", "word"): lambda: selectable("KPI Score"),
	("salesflow_std/kpi_report.py", "one"): lambda: {"Month", "Quarter", "Year"},
	("salesflow_std/report/kpi_scores/kpi_scores.py", "group"): lambda: {"Rep", "Team"},
	("salesflow_std/report/kpi_scores/kpi_scores.js", "value"): lambda: {
		*("Month", "Quarter", "Year", "Rep", "Team")
	},
	("salesflow_std/report/target_attainment/target_attainment.py", "one"): lambda: {"Month", "Rep", "Team"},
	("salesflow_std/report/target_attainment/target_attainment.js", "value"): lambda: {
		*("Month", "Rep", "Team")
	},
	("salesflow_std/target_plans.py", "plan.meta.get_label(field)"): lambda: {
		field_of("Sales Target Plan", field)["label"]
		for field in (
			*("total_amount", "new_customers", "weight_potential", "weight_history", "weight_ability"),
		)
	},
	(_TARGET_PLAN + "_list.js", "word"): lambda: selectable("Sales Target Plan"),
	(_TARGET_PLAN + "_list.js", "doc.status"): lambda: selectable("Sales Target Plan"),
	("api/sales_process.py", "doctype"): other_apps_names,
	("public/js/process_preview.js", "value"): staged_doctypes,
	("public/js/process_preview.js", "stage"): stage_names,
	(_PROCESS + ".js", "value"): gate_titles,
	(_PROCESS + ".js", "role"): stage_roles,
	(_PROCESS + ".js", "choice"): lambda: options_of("Sales Process Gate", "moment", "kind", "mode"),
	(_PROCESS + ".js", "about"): lambda: {row["description"] for row in shipped("sales_process")},
	(_PROCESS + ".js", "line"): lambda: words_of_stages("guidance") | words_of_stages("outputs"),
	(_PROCESS + ".js", "doctype"): staged_doctypes,
	(_PROCESS + ".js", "row.kind"): lambda: options_of("Sales Process Gate", "kind"),
	(_PROCESS + ".js", "row.linked_doctype"): other_apps_names,
	(_PROCESS + ".py", "stage"): stage_names,
	(_PROCESS + ".py", "self.name"): lambda: {row["process_name"] for row in shipped("sales_process")},
	("salesflow_std/gate_expressions.py", "meta.name"): other_apps_names,
	(_WORDS, "status"): lambda: options_of("Needs Record", "status"),
	(_WORDS, "asked"): lambda: options_of("Sales Process Gate", "contract_state"),
	(_WORDS, "state"): lambda: options_of("Contract", "sf_state"),
	(_WORDS, "linked"): other_apps_names,
	(_WORDS, "gate.title"): gate_titles,
	(_WORDS, "gate.why"): reasons_of_gates,
	(_CHECKS, "doctype"): staged_doctypes,
	(_CHECKS, "stage or ''"): stage_names,
	(_CHECKS, "row.kind"): lambda: options_of("Sales Process Gate", "kind"),
	(_CHECKS, "row.document_type"): lambda: options_of("Sales Process Mapping", "document_type"),
	(_CHECKS, "linked"): other_apps_names,
	("api/scoring.py", "doctype"): graded_doctypes,
	("api/scoring.py", "model_name"): model_names,
	("api/scoring.py", "d.label"): dimension_labels,
	("api/scoring.py", "dimension.label"): dimension_labels,
	("api/scoring.py", "line.label"): dimension_labels,
	("api/scoring.py", "row.label"): dimension_labels,
	("api/scoring.py", "text"): levels,
	("api/scoring.py", "model.dimension(line.dimension).levels.get(int(line.points), '')"): levels,
	("api/follow_up.py", "doctype"): planned_doctypes,
	("api/follow_up.py", "subject"): planned_doctypes,
	("api/follow_up.py", "doc.status"): lambda: options_of("Follow Up", "status"),
	("api/follow_up.py", "row.channel"): channels,
	("api/follow_up.py", "told['goal']"): goals,
	("api/follow_up.py", "touch.goal"): goals,
	("api/lead.py", "known"): channels,
	("api/keeping.py", "channel"): channels,
	("api/stage_path.py", "stage"): stage_names,
	("salesflow_std/stage_judgement.py", "process.name"): lambda: {
		row["process_name"] for row in shipped("sales_process")
	},
	("salesflow_std/stage_refusal.py", "process.name"): lambda: {
		row["process_name"] for row in shipped("sales_process")
	},
	("salesflow_std/stage_refusal.py", "stage"): stage_names,
	("salesflow_std/stage_refusal.py", "stage.lives_on"): staged_doctypes,
	("salesflow_std/stage_refusal.py", "doc.doctype"): staged_doctypes,
	("salesflow_std/stage_refusal.py", "doctype"): lambda: set(),  # of whoever asks
	("jobs/stage_clock.py", "row.sf_stage"): stage_names,
	("jobs/stage_reconciling.py", "row.before"): stage_names,
	("jobs/stage_reconciling.py", "row.stage"): stage_names,
	("salesflow_std/stages_day.py", "row.sf_stage"): stage_names,
	(_TRANSITION_LIST, "word"): lambda: selectable("Stage Transition"),
	(_TRANSITION_LIST, "doc.direction"): lambda: options_of("Stage Transition", "direction"),
	(_LOST_DEALS + ".py", "key"): stage_names,
	(_LOST_DEALS + ".py", "group"): lost_deal_groups,
	(_LOST_DEALS + ".py", "filters.group_by or 'Reason'"): lost_deal_groups,
	(_LOST_DEALS + ".js", "value"): lost_deal_groups,
	("salesflow_std/lost_deals.py", "doc.doctype"): other_apps_names,
	(_STAGE_FUNNEL, "stage.name"): stage_names,
	(_STAGE_FUNNEL, "stage"): stage_names,
	(_STAGE_FUNNEL, "group"): funnel_groupings,
	(_STAGE_FUNNEL, "label"): funnel_groupings,
	(_STAGE_FUNNEL, "measure"): lambda: options_of("Sales Goal", "measure"),
	("salesflow_std/funnel_groups.py", "doctype"): staged_doctypes,
	("salesflow_std/funnel_records.py", "row.sf_stage"): stage_names,
	("salesflow_std/funnel_records.py", "row.status"): other_apps_names,
	("salesflow_std/funnel_words.py", "said['stage']"): stage_names,
	(_STAGE_AGEING + ".py", "row.stage"): stage_names,
	(_STAGE_AGEING + ".py", "key"): stage_names,
	(_STAGE_AGEING + ".py", "row.standing"): lambda: stage_ageing_words("STANDINGS"),
	(_STAGE_AGEING + ".py", "group"): lambda: stage_ageing_words("GROUPS"),
	(_STAGE_AGEING + ".py", "filters.group_by or 'Stage'"): lambda: stage_ageing_words("GROUPS"),
	(_STAGE_AGEING + ".js", "value"): lambda: stage_ageing_words("GROUPS", "STANDINGS"),
	(_SATISFACTION, "key"): lambda: options_of("Survey Question", "dimension"),
	(_SATISFACTION, "dimension"): lambda: options_of("Survey Question", "dimension"),
	("salesflow_std/survey_numbers.py", "key"): other_apps_names,
	(_AT_RISK + ".py", "kind"): lambda: set(risk.WEIGHTS),
	(_AT_RISK + ".py", "band"): lambda: set(risk.BANDS),
	(_AT_RISK + ".py", "customer.sf_tier"): lambda: options_of("Customer", "sf_tier"),
	(_AT_RISK + ".js", "value"): lambda: {*risk.WEIGHTS, *risk.BANDS},
	(_PASSED_OVER + ".py", "row.kind"): passed_over_kinds,
	(_PASSED_OVER + ".py", "kind"): passed_over_kinds,
	(_PASSED_OVER + ".py", "row.from_stage"): stage_names,
	(_PASSED_OVER + ".py", "row.to_stage"): stage_names,
	(_PASSED_OVER + ".js", "value"): passed_over_kinds,
	(_STAGE_PATH, "stage.name"): stage_names,
	(_STAGE_PATH, "stage.owner_role"): stage_roles,
	(_STAGE_PATH, "stage.guidance"): lambda: words_of_stages("guidance"),
	(_STAGE_PATH, "line"): lambda: words_of_stages("outputs"),
	(_STAGE_PATH, "gate.title"): gate_titles,
	("public/js/graded_list.js", "doc.sf_stage"): stage_names,
	("public/js/path_bar.js", "doctype"): lambda: set(
		constant_of("salesflow_std/stage_refusal.py", "SUBJECTS")
	),
	("salesflow_std/fact_writing.py", "with_whom['channel']"): channels,
	("salesflow_std/refusals.py", "role"): override_roles,
	("salesflow_std/acceptance_mail.py", "report.result"): acceptance_results,
	("salesflow_std/acceptance_mail.py", "doctype"): other_apps_names,
	("salesflow_std/acceptance_print.py", "row.result"): lambda: options_of("Acceptance Item", "result"),
	("salesflow_std/acceptance_print.py", "row.side"): lambda: options_of("Acceptance Point", "side"),
	("salesflow_std/acceptance_print.py", "uom"): other_apps_names,
	("salesflow_std/acceptance_scope.py", "doctype"): other_apps_names,
	("salesflow_std/acceptance_sources.py", "doctype"): other_apps_names,
	(_ACCEPTANCE + ".js", "doc.result"): acceptance_results,
	(_ACCEPTANCE + ".js", "row.result"): lambda: options_of("Acceptance Item", "result"),
	(_ACCEPTANCE + ".js", "result"): lambda: options_of("Acceptance Item", "result"),
	(_ACCEPTANCE + ".js", "side"): lambda: options_of("Acceptance Point", "side"),
	(_ACCEPTANCE + "_list.js", "doc.result"): acceptance_results,
	(_ACCEPTANCE + "_list.js", "word"): acceptance_results,
	("salesflow_std/delivery_day.py", "row.receiving_function"): receiving_functions,
	("salesflow_std/delivery_handovers.py", "function"): receiving_functions,
	("salesflow_std/delivery_mail.py", "row.receiving_function"): receiving_functions,
	("salesflow_std/delivery_mail.py", "row.document_type"): other_apps_names,
	("salesflow_std/delivery_report.py", "row.receiving_function"): receiving_functions,
	("salesflow_std/delivery_report.py", "row.document_type"): other_apps_names,
	("salesflow_std/delivery_sheet.py", "function"): receiving_functions,
	("salesflow_std/delivery_sheet.py", "doctype"): other_apps_names,
	("salesflow_std/delivery_sheet.py", "row.receiving_function"): receiving_functions,
	("salesflow_std/doctype/delivery_handover/delivery_handover.py", "doctype"): other_apps_names,
	("salesflow_std/doctype/delivery_handover/delivery_handover.py", "function"): receiving_functions,
	("salesflow_std/doctype/delivery_handover/delivery_handover.js", "frm.doc.status"): handover_statuses,
	("salesflow_std/doctype/delivery_handover/delivery_handover.js", "word"): other_apps_names,
	("salesflow_std/doctype/delivery_handover/delivery_handover_list.js", "doc.status"): handover_statuses,
	("salesflow_std/doctype/delivery_handover/delivery_handover_list.js", "word"): lambda: selectable(
		"Delivery Handover"
	),
	("salesflow_std/coaching.py", "doc.status"): lambda: options_of("Coaching Record", "status"),
	("salesflow_std/sales_review_facts.py", "source"): lead_sources,
	("salesflow_std/sales_review_sheet.py", "row.kind"): lambda: (
		options_of("Coaching Record", "kind") | options_of("Sales Review Reason", "kind")
	),
	("salesflow_std/sales_review_sheet.py", "row.status"): lambda: options_of("Coaching Record", "status"),
	("salesflow_std/sales_review_sheet.py", "doc.status"): lambda: options_of("Sales Review", "status"),
	("salesflow_std/sales_review_sheet.py", "row.status or sales_reviews.OPEN"): lambda: options_of(
		"Sales Review Action", "status"
	),
	("salesflow_std/sales_review_sheet.py", "row.stage"): stage_names,
	("salesflow_std/sales_review_words.py", "what"): lambda: options_of("Objection", "kind"),
	("salesflow_std/sales_review_words.py", "touch"): lambda: options_of("Follow Up", "kind"),
	("salesflow_std/sales_review_words.py", "stage"): stage_names,
	(_COACHING + ".js", "text"): lambda: selectable("Coaching Record"),
	(_COACHING + "_list.js", "status"): lambda: options_of("Coaching Record", "status"),
	(_SALES_REVIEW + ".js", "text"): lambda: options_of("Sales Review", "status"),
	(_SALES_REVIEW + ".js", "reason"): lambda: options_of("Sales Review Reason", "kind"),
	(_SALES_REVIEW + ".js", "stage"): stage_names,
	(_SALES_REVIEW + ".js", "value"): lambda: options_of("Sales Review Action", "status"),
	(_SALES_REVIEW + "_list.js", "status"): lambda: options_of("Sales Review", "status"),
	(_SALES_REVIEW + "_list.js", "value"): lambda: options_of("Sales Review", "kind"),
	("salesflow_std/sync_sheet.py", "word"): lambda: options_of("Delivery Sync", "health"),
	(_DELIVERY_SYNC + ".py", "self.meta.get_label(field)"): labels_of_weeks,
	(_DELIVERY_SYNC + ".js", "text"): lambda: selectable("Delivery Sync"),
	(_DELIVERY_SYNC + ".js", "level"): lambda: selectable("Delivery Sync Risk"),
	("salesflow_std/doctype/survey_template/survey_template.js", "word"): lambda: selectable(
		"Survey Question"
	),
	(_DELIVERY_SYNC + "_list.js", "text"): lambda: selectable("Delivery Sync"),
	(_DELIVERY_SYNC + "_list.js", "word"): lambda: selectable("Delivery Sync"),
	("public/js/project_sync.js", "last.health"): lambda: options_of("Delivery Sync", "health"),
	("templates/print_formats/delivery_handover.html", "doc.status"): handover_statuses,
	("templates/print_formats/delivery_handover.html", "doc.start_condition"): lambda: options_of(
		"Delivery Handover", "start_condition"
	),
	("templates/print_formats/delivery_handover.html", "side"): lambda: options_of(
		"Handover Contact", "side"
	),
	("salesflow_std/order_refusal.py", "standing.contract_state"): lambda: options_of("Contract", "sf_state"),
	("salesflow_std/order_refusal.py", "doctype"): other_apps_names,
	("salesflow_std/report/orders_without_contract/orders_without_contract.py", "kind"): order_standings,
	(
		"salesflow_std/report/orders_without_contract/orders_without_contract.py",
		"row.standing",
	): order_standings,
	("salesflow_std/report/orders_without_contract/orders_without_contract.js", "value"): order_standings,
	("salesflow_std/quotation_gate.py", "row.status"): lambda: options_of("Solution Proposal", "status"),
	("salesflow_std/quotation_refusal.py", "standing.proposal_status"): lambda: options_of(
		"Solution Proposal", "status"
	),
	("salesflow_std/contract_clauses.py", "topic"): clause_topics,
	("salesflow_std/contract_clauses.py", "label"): lambda: {
		field_of("Contract", field)["label"]
		for field in constant_of("salesflow_std/contract_clauses.py", "_COMPARED_BY").values()
	},
	("salesflow_std/contract_gate.py", "review.status"): clause_review_statuses,
	# Labels of the contract's fields: ours are asked for with the fields, the others are ERPNext's own.
	("salesflow_std/contract_rounds.py", "label"): lambda: set(),
	("salesflow_std/contract_making.py", "doctype"): lambda: set(),  # ERPNext's own
	("salesflow_std/contract_reviews.py", "review.status"): clause_review_statuses,
	("salesflow_std/final_intent.py", "opportunity.status"): lambda: set(),  # ERPNext's own
	("public/js/contract.js", "found.state"): lambda: options_of("Contract", "sf_state"),
	("public/js/contract_list.js", "word"): lambda: options_of("Contract", "sf_state", "sf_renewal_outcome"),
	("public/js/lead_list.js", "word"): lambda: options_of("Lead", "sf_referral_outcome"),
	("public/js/referral.js", "row.outcome"): lambda: options_of("Lead", "sf_referral_outcome"),
	("public/js/renewal.js", "value"): lambda: {
		"Wants to Renew",
		*(options_of("Contract", "sf_renewal_outcome") - {"Renewed"}),
	},
	(_RENEWALS + ".py", "group"): lambda: set(constant_of(_RENEWALS + ".py", "GROUPS")),
	(_RENEWALS + ".py", "chosen"): lambda: set(constant_of(_RENEWALS + ".py", "GROUPS")),
	(_RENEWALS + ".js", "value"): lambda: set(constant_of(_RENEWALS + ".py", "GROUPS")),
	(_REFERRALS + ".py", "group"): lambda: set(constant_of(_REFERRALS + ".py", "GROUPS")),
	(_REFERRALS + ".py", "chosen"): lambda: set(constant_of(_REFERRALS + ".py", "GROUPS")),
	(_REFERRALS + ".js", "value"): lambda: set(constant_of(_REFERRALS + ".py", "GROUPS")),
	("salesflow_std/customer_care.py", "row.goal"): goals,
	("salesflow_std/customer_tiers.py", "was"): tiers,
	("salesflow_std/customer_tiers.py", "tier"): tiers,
	("salesflow_std/customer_tiers.py", "proposed"): tiers,
	("public/js/customer_tier.js", "tier"): tiers,
	("public/js/customer_tier.js", "word"): lambda: options_of("Customer", "sf_tier", "sf_activity"),
	("public/js/customer_care.js", "activity"): lambda: options_of("Customer", "sf_activity"),
	("public/js/customer_care.js", "touch.channel"): channels,
	("public/js/customer_care.js", "loss.status"): lambda: options_of("Loss Analysis", "status"),
	(_FOLLOW_UP + "_calendar.js", "status"): lambda: options_of("Follow Up", "status"),
	(_LOSS + ".py", "was"): lambda: options_of("Loss Analysis", "status"),
	(_LOSS + ".py", "self.status"): lambda: options_of("Loss Analysis", "status"),
	(_LOSS + ".py", "self.meta.get_label(field)"): labels_of_losses,
	(_LOSS + ".js", "text"): lambda: options_of("Loss Analysis", "status"),
	(_LOSS + ".js", "cause"): lambda: options_of("Loss Cause", "cause"),
	(_LOSS + "_list.js", "word"): lambda: selectable("Loss Analysis"),
	(_LOSS + "_list.js", "doc.status"): lambda: options_of("Loss Analysis", "status"),
	("public/js/order_gate.js", "word"): lambda: options_of("Sales Order", "sf_contract_standing"),
	(_CONTRACT_REVIEW + ".js", "finding"): lambda: options_of("Contract Review Clause", "finding"),
	(_CONTRACT_REVIEW + ".js", "frm.doc.status"): clause_review_statuses,
	(_CONTRACT_REVIEW + "_list.js", "word"): lambda: selectable("Contract Review"),
	(_CONTRACT_REVIEW + "_list.js", "doc.status"): clause_review_statuses,
	(_CONTRACT_RECORD, "doc.status"): clause_review_statuses,
	(_CONTRACT_RECORD, "row.finding"): lambda: options_of("Contract Review Clause", "finding"),
	("salesflow_std/fact_sheet.py", "option"): lambda: options_of(
		"Decision Chain Member", "role", "stance", "influence"
	),
	("salesflow_std/fact_sheet.py", "row.priority"): lambda: options_of("Customer Need", "priority"),
	("api/my_day.py", "row.goal"): goals,
	("api/my_day.py", "row.festival"): festivals,
	("overrides/profiled.py", "doctype"): profiled_doctypes,
	("overrides/profiled.py", "doc.doctype"): parties,
	("overrides/lead.py", "kind"): kinds_of_sameness,
	(_BNAU_SCORE, "d"): graded_doctypes,
	(_BNAU_SCORE, "doctype"): graded_doctypes,
	(_BNAU_SCORE, "chosen.applies_to"): graded_doctypes,
	(_BNAU_SCORE, "self.reference_doctype"): graded_doctypes,
	(_BNAU_SCORE, "doctype or ''"): graded_doctypes,
	(_BNAU_SCORE, "self.scoring_model"): model_names,
	(_SETTINGS, "doctype"): graded_doctypes,
	(_SETTINGS, "applies_to"): graded_doctypes,
	(_SETTINGS, "row.applies_to"): graded_doctypes,
	(_SETTINGS, "model"): model_names,
	(_FOLLOW_UP + ".py", "doctype"): planned_doctypes,
	(_FOLLOW_UP + ".py", "self.reference_doctype or ''"): planned_doctypes,
	(_FOLLOW_UP + ".py", "before.status"): lambda: options_of("Follow Up", "status"),
	(_FOLLOW_UP + ".py", "self.meta.get_label(needed[0])"): lambda: {
		field_of("Follow Up", fieldname)["label"] for fieldname in ("next_on", "what_now")
	},
	("salesflow_std/notices.py", "case['what']"): cases,
	("templates/emails/escalation_digest.html", "case.what"): cases,
	("salesflow_std/doctype/scoring_model/scoring_model.py", "doctype"): graded_doctypes,
	("salesflow_std/doctype/scoring_model/scoring_model.py", "self.name"): model_names,
	("salesflow_std/messages.py", "problem.template"): error_texts,
	("salesflow_std/messages.py", "value"): error_parameters,
	("setup/shipped_defaults.py", "value"): linked_records,
	("public/js/lead.js", "captured.description"): lambda: {
		field_of("Lead", "sf_captured_on")["description"]
	},
	("api/fit.py", "line.dimension"): fit_dimensions,
	("salesflow_std/fit.py", "reason.template"): reasons_of_fit,
	("salesflow_std/fit.py", "role"): target_roles,
	("salesflow_std/fit.py", "value"): lambda: set(),  # industries and territories are ERPNext's
	("salesflow_std/fit.py", "name"): customer_tags,
	(_TARGET, "row.role"): target_roles,
	(_TARGET, "others[0]"): customer_tags,
	(_REPORT + ".py", "filters.group_by or 'Lead Owner'"): groupings,
	(_REPORT + ".py", "group"): groupings,
	(_VALUE_REPORT + ".py", "item.kind"): value_kinds,
	("public/js/grade_dialog.js", 'model || ""'): model_names,
	("public/js/grade_dialog.js", "row.source"): lambda: options_of("BNAU Score", "source"),
	("public/js/grade_dialog.js", 'row.reason || ""'): stored_reasons,
	("public/js/graded_form.js", "doc.sf_invalid_reason"): lambda: options_of("Lead", "sf_invalid_reason"),
	("public/js/lead.js", "kind"): kinds_of_sameness,
	("salesflow_std/doctype/scoring_model/scoring_model.js", "frm.doc.applies_to"): graded_doctypes,
	("salesflow_std/doctype/scoring_model/scoring_model_list.js", "value"): model_names,
	("salesflow_std/doctype/cadence_policy/cadence_policy_list.js", "value"): policy_names,
	("salesflow_std/doctype/cadence_policy/cadence_policy.js", "description"): policy_descriptions,
	("salesflow_std/doctype/cadence_policy/cadence_policy.js", "goal"): policy_goals,
	("salesflow_std/doctype/cadence_policy/cadence_policy.js", "word"): lambda: selectable("Cadence Step"),
	("salesflow_std/doctype/festival/festival_list.js", "name"): festivals,
	("salesflow_std/doctype/salesflow_settings/salesflow_settings.js", "word"): lambda: selectable(
		"Handover Team"
	),
	(_REPORT + ".js", "value"): groupings,
	("public/js/follow_up_dialog.js", "value"): lambda: options_of(
		"Follow Up", "outcome", "channel", "what_now"
	),
	("public/js/follow_up_dialog.js", "next.channel"): channels,
	(_FOLLOW_UP + ".js", "reference_doctype"): planned_doctypes,
	(_FOLLOW_UP + ".js", "value"): goals,
	(_FOLLOW_UP + "_list.js", "value"): lambda: goals() | cancel_reasons() | planned_doctypes(),
	(_FOLLOW_UP + "_list.js", "word"): lambda: selectable("Follow Up"),
	("salesflow_std/doctype/lead_handover/lead_handover_list.js", "word"): lambda: selectable(
		"Lead Handover"
	),
	("salesflow_std/doctype/cadence_policy/cadence_policy_list.js", "word"): lambda: selectable(
		"Cadence Policy"
	),
	("salesflow_std/doctype/value_content/value_content_list.js", "word"): lambda: selectable(
		"Value Content"
	),
	(_FOLLOW_UP + "_list.js", "doc.status"): lambda: options_of("Follow Up", "status"),
	("api/needs_talk.py", "row.role"): lambda: options_of("SPIN Question", "role"),
	("api/needs_talk.py", "name"): lambda: {tag["tag_name"] for tag in shipped("customer_tag")},
	("public/js/needs_talk/needs_list.js", "option"): lambda: selectable("Customer Need"),
	("public/js/needs_talk/talk.js", "kind"): lambda: options_of("SPIN Question", "kind"),
	("salesflow_std/doctype/needs_record/needs_record_list.js", "word"): lambda: selectable("Needs Record"),
	("salesflow_std/doctype/needs_record/needs_record_list.js", "doc.status"): lambda: options_of(
		"Needs Record", "status"
	),
	("salesflow_std/page/my_day/my_day.js", "value"): lambda: selectable("Follow Up"),
	("salesflow_std/page/my_day/my_day.js", "doctype"): planned_doctypes,
	(_VALUE_REPORT + ".js", "value"): value_kinds,
	("api/profile.py", "row.name"): tags,
	("salesflow_std/fact_sheet.py", "tag"): tags,
	("salesflow_std/page/confirm_facts/confirm_facts.js", "tag"): tags,
	("api/profile.py", "row.category"): tag_categories,
	("api/profile.py", "doctype"): profiled_doctypes,
	("api/profile.py", "subject"): profiled_doctypes,
	("salesflow_std/profiles.py", "row.name"): tags,
	(_PROFILE, "disabled[0]"): tags,
	(_PROFILE, "tag.name"): tags,
	(_PROFILE, "single[tag.category]"): tags,
	(_PROFILE, "tag.category"): tag_categories,
	(_TAGS_REPORT, "row.tag"): tags,
	(_TAGS_REPORT, "row.category"): tag_categories,
	(_PANEL, "value"): lambda: options_of("Decision Chain Member", "role", "stance", "influence"),
	(_PANEL, "data.source"): lambda: {source["source_name"] for source in shipped("lead_source")},
	(_PANEL, "row.doctype"): parties,
	("salesflow_std/report/profile_gaps/profile_gaps.js", "value"): lambda: {"Lead", "Customer"},
	(_RESEARCH + ".py", "topic"): lambda: options_of("Research Finding", "topic"),
	(_RESEARCH + ".js", "text"): lambda: {
		*options_of("Research Finding", "topic"),
		*options_of("Research Candidate", "potential"),
	},
	(_RESEARCH + ".js", "kind"): kinds_of_sameness,
	("salesflow_std/doctype/account_plan/account_plan.js", "text"): lambda: {
		*selectable("Customer Need"),
		"Need",
		"Priority",
		"Match",
	},
	("salesflow_std/doctype/account_plan/account_plan.js", "status"): lambda: options_of(
		"Account Plan Action", "status"
	),
	(_RESEARCH_REPORT, "row.topic"): lambda: options_of("Research Finding", "topic"),
	(_RESEARCH_REPORT, "potential"): lambda: options_of("Research Candidate", "potential"),
	(_PLAN_REPORT, "doc.status"): lambda: options_of("Account Plan", "status"),
	(_PLAN_REPORT, "row.status"): lambda: options_of("Account Plan Action", "status"),
	("salesflow_std/confirmations.py", "record.status"): lambda: options_of("Needs Record", "status"),
	("salesflow_std/confirmations.py", "answer.channel"): lambda: options_of(
		"Needs Record", "answer_channel"
	),
	("salesflow_std/review_rules.py", "name"): lambda: options_of("Review Rule", "review_function"),
	("salesflow_std/reviews.py", "row.review_function"): lambda: options_of(
		"Review Opinion", "review_function"
	),
	("salesflow_std/review_rules.py", "rule"): lambda: {
		read_json(path)["rule_name"] for path in (APP / "fixtures/review_rule").glob("*.json")
	},
	("salesflow_std/review_sheet.py", "field.label"): lambda: {
		field["label"]
		for field in read_json(APP / "salesflow_std/doctype/solution_proposal/solution_proposal.json")[
			"fields"
		]
		if field["fieldname"]
		in (
			"delivery_period",
			"service_terms",
			"payment_terms_template",
			"incoterm",
			"named_place",
			"valid_days",
			"taxes_and_charges",
			"terms",
		)
	},
	("salesflow_std/needs_mail.py", "row.priority"): lambda: options_of("Customer Need", "priority"),
	("salesflow_std/needs_mail.py", "row.nature"): lambda: options_of("Customer Need", "nature"),
	("salesflow_std/needs_mail.py", "record.answer_channel"): lambda: options_of(
		"Needs Record", "answer_channel"
	),
	("public/js/needs_confirmation.js", "value"): lambda: options_of(
		"Needs Record", "status", "answer_channel"
	),
	("public/js/needs_confirmation.js", "verdict"): lambda: options_of("Customer Need", "verdict"),
	("public/js/my_reviews/sheet.js", "row.uom"): lambda: set(),  # units are ERPNext's
	("salesflow_std/review_sheet.py", "label"): labels_of_terms,
	("salesflow_std/review_record.py", "label"): labels_of_terms,
	(_REVIEW_LIST, "word"): lambda: selectable("Proposal Review"),
	(_REVIEW_LIST, "doc.status"): lambda: options_of("Proposal Review", "status"),
	(_REVIEW_RECORD, "doc.status"): lambda: options_of("Proposal Review", "status"),
	(_REVIEW_RECORD, "seat.function"): lambda: options_of("Review Opinion", "review_function"),
	(_REVIEW_RECORD, "seat.asked_as"): lambda: options_of("Review Opinion", "asked_as"),
	(_REVIEW_RECORD, "row.decision"): lambda: options_of("Review Opinion", "decision"),
	(_REVIEW_RECORD, "about"): lambda: options_of("Review Comment", "about"),
	(_REVIEW_RECORD, "one.row.review_function"): lambda: options_of("Review Comment", "review_function"),
	(_MINUTES + ".js", "text"): lambda: {"Sent", "Not Sent"},
	(_MINUTES + ".js", "side"): lambda: options_of("Minutes Participant", "side"),
	(_MINUTES + ".js", "kind"): lambda: options_of("Minutes Feedback", "kind"),
	(_MINUTES + ".js", "status"): lambda: options_of("Minutes Action", "status"),
	(_MINUTES + ".js", "frm.doc.reference_doctype"): profiled_doctypes,
	("api/minutes.py", "doctype"): profiled_doctypes,
	("salesflow_std/profiles.py", "doc.doctype"): lambda: {
		"Needs Record",
		"Solution Proposal",
		"Objection",
		"Meeting Minutes",
	},
	("salesflow_std/minutes.py", "status"): lambda: options_of("Solution Proposal", "status"),
	("salesflow_std/minutes_mail.py", "doc.meeting_type"): lambda: options_of(
		"Meeting Minutes", "meeting_type"
	),
	("salesflow_std/minutes_mail.py", "doc.channel"): lambda: options_of("Meeting Minutes", "channel"),
	("salesflow_std/minutes_mail.py", "row.status"): lambda: options_of("Minutes Action", "status"),
	("salesflow_std/minutes_mail.py", "row.kind"): lambda: options_of("Minutes Feedback", "kind"),
	("salesflow_std/objections.py", "doc.status"): lambda: options_of("Objection", "status"),
	("jobs/objection_clock.py", "row.kind"): lambda: options_of("Objection", "kind"),
	("salesflow_std/objections_day.py", "row.kind"): lambda: options_of("Objection", "kind"),
	(_OBJECTIONS_REPORT + ".py", "group"): objection_groupings,
	(_OBJECTIONS_REPORT + ".py", "filters.group_by or 'Kind'"): objection_groupings,
	(_OBJECTIONS_REPORT + ".py", "key"): lambda: options_of("Objection", "kind"),
	(_OBJECTIONS_REPORT + ".js", "value"): lambda: objection_groupings() | options_of("Objection", "kind"),
	("public/js/objection_help.js", "value"): lambda: selectable("Objection"),
	("salesflow_std/doctype/objection/objection.js", "due.description"): lambda: {
		field_of("Objection", "reply_due_on")["description"]
	},
	("salesflow_std/doctype/objection/objection_list.js", "word"): lambda: selectable("Objection"),
	("salesflow_std/doctype/objection/objection_list.js", "doc.status"): lambda: options_of(
		"Objection", "status"
	),
	("salesflow_std/doctype/objection_script/objection_script_list.js", "word"): lambda: selectable(
		"Objection Script"
	),
	(_SURVEY_TEMPLATE, "self.meta.get_label(field)"): lambda: {
		"A Mark Is Low Up To",
		"Happy from a Score Of",
	},
	(_SURVEY_TEMPLATE, "str(said[name])"): words_of_questions,
	(_SURVEY_TEMPLATE, "one"): words_of_questions,
	("salesflow_std/survey_mail.py", "row.dimension"): words_of_questions,
	("salesflow_std/survey_sheet.py", "row.dimension"): words_of_questions,
	(_SURVEY + ".js", "word"): words_of_questions,
	(_SURVEY + ".js", "due.description"): lambda: {field_of("Satisfaction Survey", "due_on")["description"]},
	(_SURVEY + ".js", "frm.doc.status"): lambda: options_of("Satisfaction Survey", "status"),
	(_SURVEY + "_list.js", "word"): lambda: selectable("Satisfaction Survey"),
	(_SURVEY + "_list.js", "doc.status"): lambda: options_of("Satisfaction Survey", "status"),
	(_NEEDS_REPORT, "row.mood"): tags,
	(_NEEDS_REPORT, "doc.status"): lambda: options_of("Needs Record", "status"),
	(_NEEDS_REPORT, "doc.contact_role"): lambda: options_of("Needs Record", "contact_role"),
	(_NEEDS_REPORT, "doc.channel"): lambda: options_of("Needs Record", "channel"),
	(_NEEDS_REPORT, "doc.answer_channel"): lambda: options_of("Needs Record", "answer_channel"),
	(_NEEDS_REPORT, "nature"): lambda: options_of("Customer Need", "nature"),
	(_NEEDS_REPORT, "row.nature"): lambda: options_of("Customer Need", "nature"),
	(_NEEDS_REPORT, "priority"): lambda: options_of("Customer Need", "priority"),
	(_NEEDS_REPORT, "row.explicitness"): lambda: options_of("Customer Need", "explicitness"),
	(_NEEDS_REPORT, "row.verdict"): lambda: options_of("Customer Need", "verdict"),
	(_NEEDS_REPORT, "kind"): lambda: options_of("Needs Answer", "kind"),
	(_NEEDS_REPORT, "row.role"): lambda: options_of("Decision Chain Member", "role"),
	(_NEEDS_REPORT, "row.stance"): lambda: options_of("Decision Chain Member", "stance"),
	(_NEEDS_REPORT, "row.influence"): lambda: options_of("Decision Chain Member", "influence"),
	("salesflow_std/proposal_report.py", "uom"): lambda: set(),  # units are ERPNext's
	("salesflow_std/proposals.py", "status"): lambda: options_of("Solution Proposal", "status"),
	("salesflow_std/proposal_comparison.py", "proposal.meta.get_label(field)"): lambda: {
		field_of("Solution Proposal", field)["label"]
		for field in (
			"situation",
			"solution",
			"value",
			"delivery_period",
			"service_terms",
			"terms",
			"valid_days",
		)
	},
	("salesflow_std/proposal_comparison.py", "row.priority"): lambda: options_of(
		"Proposal Answer", "priority"
	),
	("salesflow_std/proposal_comparison.py", "on"): lambda: options_of(
		"Solution Proposal", "apply_discount_on"
	),
	("public/js/solution_proposal.js", "priority"): lambda: options_of("Proposal Answer", "priority"),
	("public/js/solution_proposal.js", "state"): lambda: options_of("Proposal Correction", "state"),
	("public/js/proposal_coverage.js", "priority"): lambda: options_of("Proposal Answer", "priority"),
	("public/js/proposal_versions.js", "word"): lambda: options_of("Solution Proposal", "status"),
	(_PROPOSAL_LIST, "word"): lambda: selectable("Solution Proposal"),
	(_PROPOSAL_LIST, "doc.status"): lambda: options_of("Solution Proposal", "status"),
}


def values_of(where: Path, argument: str) -> Callable[[], set[str]] | None:
	return DYNAMIC.get((where.relative_to(APP).as_posix(), argument))


# Python ----------------------------------------------------------------------------------------------------


def python_files() -> list[Path]:
	return sorted(
		path
		for path in APP.rglob("*.py")
		if not path.is_relative_to(APP / "audit") and "dist" not in path.parts
	)


def _called(node: ast.Call) -> str:
	"""The name of what is called: `f` in `f()` and in `a.f()`."""
	return getattr(node.func, "id", None) or getattr(node.func, "attr", "")


def _is_translate(node: ast.expr) -> bool:
	"""`_`, `frappe._`, `_lt`, `frappe._lt`."""
	name = getattr(node, "id", None) if isinstance(node, ast.Name) else getattr(node, "attr", None)
	return name in ("_", "_lt")


def said_in_python(text: str, where: Path) -> tuple[list[Said], list[str]]:
	"""What `_()` translates in a source, and what is wrong with its calls."""
	said: list[Said] = []
	wrong: list[str] = []
	for node in ast.walk(ast.parse(text)):
		if not isinstance(node, ast.Call):
			continue
		at = place(where, node.lineno)
		if getattr(node.func, "id", "") == "map" and node.args and _is_translate(node.args[0]):
			first, context = node.args[1], None
		elif _is_translate(node.func) and node.args:
			first = node.args[0]
			given = [k.value for k in node.keywords if k.arg == "context"] + node.args[2:3]
			context = given[0].value if given and isinstance(given[0], ast.Constant) else None
			if given and context is None:
				# The label of a field by its doctype, which the field itself has asked for.
				if ast.unparse(given[0]).endswith((".parent", "doc.doctype")):
					continue
				wrong.append(f"{at}: the context of _() is no literal")
		else:
			continue
		if isinstance(first, ast.Constant) and isinstance(first.value, str):
			# Frappe looks a message up without the space around it.
			said.append(Said(first.value.strip(), context, at))
		elif values := values_of(where, ast.unparse(first)):
			said += [Said(value, context, at, values in AS_THEIRS) for value in values()]
		else:
			wrong.append(f"{at}: _({ast.unparse(first)}) cannot be translated: it is no literal")
	return said, wrong


def error_classes() -> set[str]:
	classes = {"EngineError"}
	trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted((APP / "engine").glob("*.py"))]
	for tree in trees:
		for node in ast.walk(tree):
			if isinstance(node, ast.ClassDef) and any(getattr(b, "id", "") in classes for b in node.bases):
				classes.add(node.name)
	return classes


def said_by_errors(text: str, where: Path, classes: set[str]) -> tuple[list[Said], list[str]]:
	"""The second argument of the engine's errors."""
	said: list[Said] = []
	wrong: list[str] = []
	for node in ast.walk(ast.parse(text)):
		if not isinstance(node, ast.Call) or len(node.args) < 2:
			continue
		name = _called(node)
		if name not in classes:
			continue
		template = node.args[1]
		if isinstance(template, ast.Constant) and isinstance(template.value, str):
			said.append(Said(template.value, None, place(where, node.lineno)))
		elif ast.unparse(template) != "problem.template":
			wrong.append(f"{place(where, node.lineno)}: {name}(…, {ast.unparse(template)}) is no literal")
	return said, wrong


@functools.cache
def errors_said() -> list[Said]:
	classes = error_classes()
	return [s for path in python_files() for s in said_by_errors(path.read_text("utf-8"), path, classes)[0]]


# Calls whose first argument is shown, and keyword arguments that are.
_SHOWN_FIRST = {"throw", "msgprint", "publish_msgprint", "show_alert"}
_SHOWN_KEYWORDS = {"title", "label", "msg", "message", "primary_action_label"}
_NOT_SHOWN = {"log_error", "Dimension", "Line"}


def bare_in_python(text: str, where: Path) -> list[str]:
	"""Messages that reach people without `_()`: best effort."""
	bare = []
	for node in ast.walk(ast.parse(text)):
		shown: list[ast.expr] = []
		if isinstance(node, ast.Call):
			name = _called(node)
			if name in _SHOWN_FIRST:
				shown += node.args[:1]
			if name not in _NOT_SHOWN:
				shown += [k.value for k in node.keywords if k.arg in _SHOWN_KEYWORDS]
		elif isinstance(node, ast.Dict) and where != Path(custom_fields.__file__):
			shown += [
				value
				for key, value in zip(node.keys, node.values, strict=True)
				if isinstance(key, ast.Constant) and key.value == "label"
			]
		for value in shown:
			if words := _bare_words(value):
				bare.append(f"{place(where, value.lineno)}: {words!r} is shown without _()")
	return bare


def _bare_words(node: ast.expr) -> str:
	"""Words in a literal, an f-string, a sum, `… % …`, `….format()` or `….join()`."""
	if isinstance(node, ast.Constant):
		return node.value if isinstance(node.value, str) and _WORD.search(node.value) else ""
	if isinstance(node, ast.JoinedStr):
		return next(filter(None, (_bare_words(part) for part in node.values)), "")
	if isinstance(node, ast.BinOp):
		return _bare_words(node.left) or _bare_words(node.right)
	if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
		return _bare_words(node.func.value)
	return ""


# Mail templates --------------------------------------------------------------------------------------------

_EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.S)
_JINJA = re.compile(r"\{[{%#].*?[}%#]\}", re.S)


def template_files() -> list[Path]:
	return sorted((APP / "templates").rglob("*.html"))


def said_in_template(text: str, where: Path) -> tuple[list[Said], list[str]]:
	"""What `_()` translates in a template: what stands between its brackets reads like Python."""
	said: list[Said] = []
	wrong: list[str] = []
	for match in _EXPRESSION.finditer(text):
		line = "\n" * text.count("\n", 0, match.start())
		more, bad = said_in_python(f"{line}({match[1]})", where)
		said += more
		wrong += bad
	return said, wrong


def bare_in_template(text: str, where: Path) -> list[str]:
	words = _shown_words(Token("text", _JINJA.sub("\0", text), 0, 0), plain=True)
	return [f"{place(where)}: {words!r} is shown without _()"] if words else []


# JavaScript ------------------------------------------------------------------------------------------------


def js_files() -> list[Path]:
	return sorted(
		path
		for folder in (APP / "public" / "js", APP / "salesflow_std")
		for path in folder.rglob("*.js")
		if "dist" not in path.parts and "node_modules" not in path.parts
	)


@dataclass(frozen=True)
class Token:
	"""`kind` is word, text (a string), template (with its parts) or sign; `start` and `end` are offsets."""

	kind: str
	text: str
	start: int
	end: int
	parts: tuple = ()


_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)+", re.S)
_NAME = re.compile(r"[\w$]+")
_QUOTED = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"", re.S)
_REGEX = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_BEFORE_REGEX = {"return", "typeof", "case", "in", "of", "=>"}


def tokens(source: str, start: int = 0, until: str = "") -> list[Token]:
	"""The tokens of a script, up to the `until` that closes what was open; templates hold their own."""
	found: list[Token] = []
	at, depth = start, 0
	while at < len(source):
		if space := _SPACE.match(source, at):
			at = space.end()
			continue
		char = source[at]
		if until and char == until and not depth:
			return found
		if char in "'\"":
			match = _QUOTED.match(source, at)
			assert match, f"a string that does not end: {source[at : at + 40]!r}"
			found.append(Token("text", _unescaped(match[0][1:-1]), at, match.end()))
		elif char == "`":
			found.append(_template(source, at))
		elif name := _NAME.match(source, at):
			found.append(Token("word", name[0], at, name.end()))
		elif char == "/" and _regex_may_stand(found) and (match := _REGEX.match(source, at)):
			found.append(Token("regex", match[0], at, match.end()))
		else:
			depth += {"{": 1, "}": -1}.get(char, 0)
			found.append(Token("sign", char, at, at + 1))
		at = found[-1].end
	assert not until, "a template that does not end"
	return found


def _regex_may_stand(before: list[Token]) -> bool:
	if not before:
		return True
	last = before[-1]
	return (
		last.text in _BEFORE_REGEX if last.kind == "word" else last.kind == "sign" and last.text not in ")]}"
	)


def _template(source: str, start: int) -> Token:
	parts: list[str | list[Token]] = []
	at = text_from = start + 1
	while source[at] != "`":
		if source[at] == "\\":
			at += 2
		elif source.startswith("${", at):
			parts.append(_unescaped(source[text_from:at]))
			inside = tokens(source, at + 2, until="}")
			parts.append(inside)
			at = inside[-1].end if inside else at + 2
			at = text_from = source.index("}", at) + 1
		else:
			at += 1
	parts.append(_unescaped(source[text_from:at]))
	return Token("template", "", start, at + 1, tuple(parts))


def _unescaped(text: str) -> str:
	plain = {"n": "\n", "t": "\t"}
	return re.sub(r"\\(.)", lambda m: plain.get(m[1], m[1]), text, flags=re.S)


def runs(found: list[Token]) -> Iterator[list[Token]]:
	"""The tokens, and those inside of every template among them."""
	yield found
	for token in found:
		for part in token.parts:
			if isinstance(part, list):
				yield from runs(part)


def arguments(run: list[Token], opening: int) -> list[list[Token]]:
	"""The arguments of the call whose bracket is at `opening`."""
	out: list[list[Token]] = [[]]
	depth = 0
	for token in run[opening + 1 :]:
		if token.kind == "sign":
			if token.text in ")]}" and not depth:
				break
			if token.text == "," and not depth:
				out.append([])
				continue
			depth += (token.text in "([{") - (token.text in ")]}")
		out[-1].append(token)
	return [argument for argument in out if argument]


def said_in_js(source: str, where: Path) -> tuple[list[Said], list[str]]:
	"""What `__()` translates in a script, and what is wrong with its calls."""
	said: list[Said] = []
	wrong: list[str] = []
	for run in runs(tokens(source)):
		for i, token in enumerate(run[:-1]):
			if token.kind != "word" or token.text != "__" or run[i + 1].text != "(":
				continue
			at = place(where, source.count("\n", 0, token.start) + 1)
			given = arguments(run, i + 1)
			if not given:
				wrong.append(f"{at}: __() says nothing")
				continue
			third = given[2] if len(given) > 2 else []
			context = third[0].text if len(third) == 1 and third[0].kind == "text" else None
			if third and context is None:
				wrong.append(f"{at}: the context of __() is no literal")
			first = given[0]
			code = source[first[0].start : first[-1].end]
			if len(first) == 1 and first[0].kind == "text":
				said.append(Said(first[0].text, context, at))
			elif values := values_of(where, code):
				said += [Said(value, context, at) for value in values()]
			else:
				wrong.append(f"{at}: __({code}) cannot be translated: it is no literal")
	return said, wrong


_SHOWN_KEYS = {
	"label", "title", "message", "placeholder", "description", "primary_action_label", "secondary_action_label",
}  # fmt: skip
_SHOWN_CALLS = {
	"throw", "msgprint", "show_alert", "confirm", "set_primary_action", "set_secondary_action",
	"set_primary_action_label", "set_secondary_action_label", "add_custom_button", "add_inner_button",
	"add_menu_item", "set_headline", "set_headline_alert", "set_title", "set_message", "set_intro",
	"show_progress", "text", "html", "append", "prepend",
}  # fmt: skip
_ATTRIBUTE = re.compile(r"\b(?:placeholder|title|aria-label|alt)=[\"']([^\"']*)")


def bare_in_js(source: str, where: Path) -> list[str]:
	"""Texts that reach people without `__()`: shown arguments and keys, and words in HTML. Best effort."""
	bare = []

	def check(token: Token, plain: bool) -> None:
		words = _shown_words(token, plain)
		if words:
			at = place(where, source.count("\n", 0, token.start) + 1)
			bare.append(f"{at}: {words!r} is shown without __()")

	for run in runs(tokens(source)):
		for i, token in enumerate(run):
			if token.kind in ("text", "template"):
				before = [t.text for t in run[max(0, i - 2) : i]]
				# `title: "title"` maps a name to a field.
				key = len(before) == 2 and before[1] == ":" and before[0] in _SHOWN_KEYS - {token.text}
				call = len(before) == 2 and before[1] == "(" and before[0] in _SHOWN_CALLS
				attribute = [t.text for t in run[max(0, i - 4) : i]] == ["attr", "(", "title", ","]
				check(token, plain=key or call or attribute)
	return bare


def _shown_words(token: Token, plain: bool) -> str:
	"""The words people would read: all of a text that is shown as it is, else what is HTML in it."""
	text = token.text
	if token.kind == "template":
		text = "".join(part if isinstance(part, str) else "\0" for part in token.parts)
	is_html = bool(re.search(r"</?[a-z]", text))
	if not is_html and not plain:
		return ""
	shown = _ATTRIBUTE.findall(text)
	shown.append(html.unescape(re.sub(r"<[^<>]*>?", "\0", text)) if is_html else text)
	return next((s.strip("\0 \n\t") for s in shown if _WORD.search(s)), "")


# Doctypes and other records --------------------------------------------------------------------------------


def said_by_field(field: dict, doctype: str, at: str) -> Iterator[Said]:
	if field.get("label"):
		# Frappe asks for the label of a tab without its doctype.
		yield Said(field["label"], None if field["fieldtype"] == "Tab Break" else doctype, at)
	if field.get("description"):
		# A section looks its description up without the doctype.
		yield Said(field["description"], None if field["fieldtype"] == "Section Break" else doctype, at)
	if field["fieldtype"] == "Select":
		for option in field.get("options", "").split("\n"):
			if _WORD.search(option):  # a range of numbers says the same everywhere
				yield Said(option, doctype, at)


def said_by_doctypes() -> Iterator[Said]:
	for path in doctype_files():
		data = read_json(path)
		yield Said(data["name"], None, place(path))
		if data.get("description"):
			yield Said(data["description"], None, place(path))
		for field in data["fields"]:
			yield from said_by_field(field, data["name"], place(path, field["fieldname"]))
		for row in data.get("links", []) + data.get("actions", []):
			for key in ("group", "label"):
				if row.get(key):
					yield Said(row[key], None, place(path))
		for state in data.get("states", []):
			yield Said(state["title"], data["name"], place(path))


def said_by_custom_fields() -> Iterator[Said]:
	for doctype, fields in custom_fields.CUSTOM_FIELDS.items():
		for field in fields:
			yield from said_by_field(field, doctype, f"custom field {doctype}.{field['fieldname']}")


def said_by_records() -> Iterator[Said]:
	"""Workspaces, pages, number cards, charts, reports, modules and the app itself."""
	for path in sorted((APP / "salesflow_std").glob("*/*/*.json")):
		data = read_json(path)
		kind = data["doctype"]
		texts: list[str] = []
		if kind == "Workspace":
			texts += [data["name"], data["label"], data["title"]]
			for table in ("links", "shortcuts", "charts", "number_cards", "quick_lists"):
				for row in data.get(table, []):
					if row.get("link_type") == "DocType":
						yield Said(row["label"], None, place(path), as_theirs=True)
					elif row.get("label"):
						texts.append(row["label"])
			for block in json.loads(data["content"]):
				text = block["data"].get("text") or block["data"].get("card_name") or ""
				texts.append(html.unescape(re.sub("<[^<>]*>", "", text)).strip())
		elif kind == "Page":
			texts.append(data["title"])
		elif kind == "Number Card":
			texts.append(data["label"])
		elif kind == "Dashboard Chart":
			texts.append(data["chart_name"])
		elif kind == "Print Format":
			texts.append(data["name"])
		elif kind == "Report":
			texts.append(data["report_name"])
			texts += [row["label"] for row in (*data["columns"], *data["filters"])]
		elif kind == "Module Onboarding":
			texts += [data["title"], data["subtitle"], data["success_message"]]
		elif kind == "Onboarding Step":
			texts += [data["title"], data["description"], data["action_label"]]
		elif kind == "Dashboard Chart Source":
			continue  # its chart says its name
		elif kind == "Print Format":
			texts.append(data["name"])  # its words stand in templates/print
		else:
			assert kind == "DocType", f"{place(path)}: nobody knows what a {kind} says"
		yield from (Said(text, None, place(path)) for text in texts if text)
	for module in (APP / "modules.txt").read_text(encoding="utf-8").split("\n"):
		if module.strip():
			yield Said(module.strip(), None, "modules.txt")
	yield Said(hooks.app_title, None, "hooks.py")


def said_by_shipped_records() -> Iterator[Said]:
	for path in sorted((APP / "fixtures").glob("*/*.json")):
		data = read_json(path)
		kind = data["doctype"]
		if kind == "Lead Source":
			yield Said(data["source_name"], None, place(path))
		elif kind == "Customer Tag":
			yield Said(data["tag_name"], None, place(path))
		elif kind == "Customer Tag Category":
			yield Said(data["category_name"], None, place(path))
		elif kind == "Kanban Board":
			yield Said(data["kanban_board_name"], None, place(path))
			for row in data["columns"]:
				if row["status"] == "Active":
					yield Said(row["column_name"], None, place(path), as_theirs=True)
		elif kind == "Cadence Policy":
			yield Said(data["policy_name"], None, place(path))
			yield Said(data["description"], None, place(path))
			for row in data["steps"]:
				yield Said(row["goal"], None, place(path, row["channel"]))
		elif kind == "Festival":
			yield Said(data["festival_name"], None, place(path))
		elif kind == "Review Rule":
			yield Said(data["rule_name"], None, place(path))
		elif kind == "KPI Scheme":
			yield Said(data["scheme_name"], None, place(path))
		elif kind == "Sales Stage":
			yield Said(data["stage_name"], None, place(path))
		elif kind == "Sales Process":
			yield from said_by_sales_process(data, place(path))
		elif kind == "Survey Template":
			yield Said(data["template_name"], None, place(path))
			worded = {row["question_key"] for row in data["wordings"] if row["language"] == "zh"}
			assert worded >= {row["question_key"] for row in data["questions"]}, f"{place(path)}: not in zh"
		elif kind in ("SPIN Question", "Objection Script"):
			assert data["language"] in ("en", "zh"), f"{place(path)}: it is written in its own language"
		else:
			assert kind == "Scoring Model", f"{place(path)}: nobody knows what it says"
			yield Said(data["model_name"], None, place(path))
			yield Said(data["description"], None, place(path))
			for row in data["dimensions"]:
				yield Said(row["label"], None, place(path, row["code"]))
				for key, text in row.items():
					if key.startswith("level_") and text:
						yield Said(text, None, place(path, row["code"]))


def said_by_sales_process(data: dict, at: str) -> Iterator[Said]:
	yield Said(data["process_name"], None, at)
	yield Said(data["description"], None, at)
	for row in data["stages"]:
		for text in (row["guidance"], *row["outputs"].split("\n")):
			yield Said(text, None, at)
	for row in data["gates"]:
		for text in (row["gate"], row.get("why")):
			if text:
				yield Said(text, None, at)


# What ERPNext shows on the way from a gate to its fix, and says in English, or in words that contradict the page beside.
_LEAD_SOURCES = (
	"Advertisement",
	"Cold Calling",
	"Customer's Vendor",
	"Exhibition",
	"Existing Customer",
	"Mass Mailing",
	"Supplier Reference",
	"Walk In",
)
_LABELS = (
	("Source", "Lead"),
	("Source", "Opportunity"),
	# A stage of ours bears the name of this option.
	("Qualified", "Lead"),
	("Opportunity From", "Opportunity"),
	("Opportunity Type", "Opportunity"),
	("Opportunity Amount", "Opportunity"),
	("From Lead", "Customer"),
	("Prospect Name", None),
	# The dialog in which a deal is given up: ERPNext's words for it are those of losing one's mind.
	("Set as Lost", None),
	("Lost Reasons", None),
	("Declare Lost", None),
	("Opportunity Lost Reason", None),
	("Quotation Lost Reason", None),
	("Signed On", "Contract"),
)


def said_by_erpnext() -> Iterator[Said]:
	for source in _LEAD_SOURCES:
		yield Said(source, None, "lead sources of ERPNext")
	for label, doctype in _LABELS:
		yield Said(label, doctype, f"ERPNext's {doctype or 'dialogs'}")


@functools.cache
def everything() -> tuple[list[Said], list[str]]:
	"""All that is shown, and the calls that cannot be translated."""
	said: list[Said] = [
		*said_by_doctypes(),
		*said_by_custom_fields(),
		*said_by_records(),
		*said_by_shipped_records(),
		*said_by_erpnext(),
		*(Said(text, None, "engine units", as_theirs=True) for text in worktime.UNITS),
		*(Said(text, None, "engine operators") for text in scoring.OPERATORS),
		*(Said(text, None, "stored reasons") for text in stored_reasons()),
		*(Said(text, None, "stored goals") for text in goals()),
		*(Said(text, None, "stored reasons of cancelling") for text in cancel_reasons()),
		*(Said(text, None, "cases of escalation") for text in cases()),
	]
	wrong: list[str] = []
	classes = error_classes()
	for path in python_files():
		text = path.read_text(encoding="utf-8")
		for more, bad in (said_in_python(text, path), said_by_errors(text, path, classes)):
			said += more
			wrong += bad
	for read, files in ((said_in_js, js_files()), (said_in_template, template_files())):
		for path in files:
			more, bad = read(path.read_text(encoding="utf-8"), path)
			said += more
			wrong += bad
	return said, wrong


# The checks ------------------------------------------------------------------------------------------------


def catalogue(path: Path = CATALOGUE) -> list[Row]:
	with path.open(encoding="utf-8", newline="") as file:
		rows = [row for row in csv.reader(file) if row]
	assert all(len(row) in (2, 3) for row in rows), "a row has two or three columns"
	return [
		Row(
			source.replace("\\n", "\n"),
			translation.replace("\\n", "\n"),
			context[0] or None if context else None,
		)
		for source, translation, *context in rows
	]


def upstream() -> dict[str, tuple[str, bool]]:
	"""Sources that Frappe or ERPNext translate: the translation, and whether it is what we mean."""
	with UPSTREAM.open(encoding="utf-8", newline="") as file:
		return {row["source"]: (row["translation"], row["fits"] == "yes") for row in csv.DictReader(file)}


def untranslated(said: Iterable[Said], rows: Iterable[Row], theirs: dict) -> list[str]:
	"""Strings without a translation: neither by their context, nor without, nor a fitting one upstream."""
	have = {(row.source, row.context) for row in rows}
	missing = set()
	for s in said:
		without_context = (
			s.as_theirs or theirs[s.source][1] if s.source in theirs else (s.source, None) in have
		)
		if (
			s.source not in NAMES
			and not without_context
			and not (s.context and (s.source, s.context) in have)
		):
			missing.add(str(s))
	return sorted(missing)


def unused(said: Iterable[Said], rows: Iterable[Row]) -> list[str]:
	used = {(s.source, c) for s in said for c in (s.context, None)}
	return sorted(str(Said(r.source, r.context, "zh.csv")) for r in rows if (r.source, r.context) not in used)


def placeholder_mismatches(rows: Iterable[Row]) -> list[str]:
	return [
		row.source
		for row in rows
		if Counter(_PLACEHOLDER.findall(row.source)) != Counter(_PLACEHOLDER.findall(row.translation))
	]


def duplicates(rows: Iterable[Row]) -> list[str]:
	seen = Counter((row.source, row.context) for row in rows)
	return [str(key) for key, count in seen.items() if count > 1]


def without_chinese(rows: Iterable[Row]) -> list[str]:
	return [row.source for row in rows if not _CJK.search(row.translation) and row.source not in NAMES]


def upstream_changed(rows: Iterable[Row], theirs: dict) -> list[str]:
	"""Rows that would change what Frappe or ERPNext say on their own pages."""
	return [row.source for row in rows if row.context is None and row.source in theirs]


@pytest.fixture(scope="module")
def shown() -> list[Said]:
	return everything()[0]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
	return catalogue()


def listed(problems: list[str]) -> str:
	return f"{len(problems)}:\n" + "\n".join(problems)


def test_everything_is_translated(shown, rows):
	missing = untranslated(shown, rows, upstream())
	assert not missing, "no Chinese for " + listed(missing)


def test_every_row_is_used(shown, rows):
	spare = unused(shown, rows)
	assert not spare, "nothing says any more " + listed(spare)


def test_placeholders_are_kept(rows):
	assert not placeholder_mismatches(rows)


def test_no_row_stands_twice(rows):
	assert not duplicates(rows)


def test_translations_are_chinese(rows):
	assert not without_chinese(rows)


def test_pages_of_frappe_and_erpnext_keep_their_words(rows):
	"""Three words are left out of the upstream list on purpose.

	ERPNext calls a Lead 商机 and an Opportunity 机会. The standard, and everybody who sells in Chinese, calls them
	线索 and 商机; with ERPNext's words a page about both would contradict itself. And Done is DONE there, which the
	columns of a kanban board are looked up by.
	"""
	assert not upstream_changed(rows, upstream())
	ours = {"Lead": "线索", "Opportunity": "商机", "Done": "完成"}
	assert {row.source: row.translation for row in rows if row.source in ours and not row.context} == ours


def test_the_upstream_list_holds_what_we_say_only(shown):
	said = {s.source for s in shown}
	assert not sorted(set(upstream()) - said)


def test_known_calls_are_still_made():
	files = (*python_files(), *js_files(), *template_files())
	sources = {path.relative_to(APP).as_posix(): path for path in files}
	gone = []
	for name, argument in DYNAMIC:
		text = sources[name].read_text(encoding="utf-8")
		if name.endswith(".py"):
			calls = {
				ast.unparse(node.args[0])
				for node in ast.walk(ast.parse(text))
				if isinstance(node, ast.Call) and _is_translate(node.func) and node.args
			}
		else:
			call = "__(" if name.endswith(".js") else "_("
			calls = {argument} if call + argument in text else set()
		if argument not in calls:
			gone.append(f"{name}: {argument}")
	assert not gone, listed(gone)


def test_every_call_can_be_translated():
	wrong = everything()[1]
	assert not wrong, listed(wrong)


def test_nothing_is_shown_without_translation():
	bare = [line for path in python_files() for line in bare_in_python(path.read_text("utf-8"), path)]
	bare += [line for path in js_files() for line in bare_in_js(path.read_text("utf-8"), path)]
	bare += [line for path in template_files() for line in bare_in_template(path.read_text("utf-8"), path)]
	assert not bare, listed(bare)


# The checks, checked ---------------------------------------------------------------------------------------


def test_each_row_is_needed(shown, rows):
	"""Without any one of them something is said in English, or in words that mean something else."""
	theirs = upstream()
	by_source: dict[str, list[Said]] = {}
	for s in shown:
		by_source.setdefault(s.source, []).append(s)
	needless = []
	for row in rows:
		others = [other for other in rows if other.source == row.source and other != row]
		plain = next((other.translation for other in others if not other.context), None)
		instead = plain or theirs.get(row.source, (row.translation,))[0]
		if row.context and instead != row.translation:
			continue  # it says something else than would be said without it
		if not untranslated(by_source.get(row.source, ()), others, theirs):
			needless.append(str(Said(row.source, row.context, row.translation)))
	assert not needless, listed(needless)


def test_a_missing_row_is_named(shown, rows):
	lost = next(row for row in rows if row.source == "Why?")
	theirs = upstream()
	named = set(untranslated(shown, [row for row in rows if row is not lost], theirs))
	named -= set(untranslated(shown, rows, theirs))
	assert named and all(line.startswith("'Why?' ") for line in named)


def test_a_spare_row_is_named(shown, rows):
	assert unused(shown, [*rows, Row("Nobody says this", "没人说")]) != []


def test_broken_rows_are_named():
	assert placeholder_mismatches([Row("{0} of {1}", "{1} / {2}")]) == ["{0} of {1}"]
	assert placeholder_mismatches([Row("{code} is {code}", "{code}")]) == ["{code} is {code}"]
	assert placeholder_mismatches([Row("{0} of {1}", "{1} 之 {0}")]) == []
	assert duplicates([Row("a", "甲"), Row("a", "乙")]) and not duplicates(
		[Row("a", "甲"), Row("a", "乙", "x")]
	)
	assert without_chinese([Row("Grade", "Grade"), Row("BNAU", "BNAU")]) == ["Grade"]
	assert upstream_changed([Row("Grade", "等级"), Row("Grade", "等级", "Lead")], {"Grade": ("职级", False)})


def test_a_word_that_means_something_else_upstream_needs_a_context():
	theirs = {"Grade": ("职级", False), "Lead": ("线索", True)}
	assert untranslated([Said("Grade", "Lead", "here")], [], theirs)
	assert not untranslated([Said("Grade", None, "here", as_theirs=True)], [], theirs)
	assert untranslated([Said("Grade", None, "here")], [Row("Grade", "等级", "Lead")], theirs)
	assert not untranslated([Said("Grade", "Lead", "here")], [Row("Grade", "等级", "Lead")], theirs)
	assert not untranslated([Said("Lead", None, "here")], [], theirs)


@pytest.mark.parametrize(
	("code", "said"),
	[
		('_("Plain")', [("Plain", None)]),
		('frappe._("Over " "two")', [("Over two", None)]),
		('_("Score", context="Salesflow")', [("Score", "Salesflow")]),
		('_("{0} of").format(_("inner"))', [("{0} of", None), ("inner", None)]),
		('_("Row {0}: ")', [("Row {0}:", None)]),
		("_(df.label, context=df.parent)", []),
	],
)
def test_python_is_read(code, said):
	found, wrong = said_in_python(code, APP / "x.py")
	assert {(s.source, s.context) for s in found} == set(said) and not wrong


@pytest.mark.parametrize(
	"code",
	['_(f"a {b}")', '_("a" + b)', '_("a %s" % b)', '_("a {0}".format(b))', "_(b)", '_("a", context=b)'],
)
def test_python_that_cannot_be_translated_is_named(code):
	assert said_in_python(code, APP / "x.py")[1]


@pytest.mark.parametrize(
	("code", "said"),
	[
		("__('Plain')", [("Plain", None)]),
		('__(\n\t"Several {0}",\n\t[a, f(b, c)]\n)', [("Several {0}", None)]),
		('__("Score", null, "Salesflow")', [("Score", "Salesflow")]),
		('`<b>${__("In {0}", [`${x ? __("deep") : "}"}`])}</b>`', [("In {0}", None), ("deep", None)]),
		('// __("no")\n/* __("no") */ x = /__("no`)/.test(y) ? __("yes") : 1 / 2', [("yes", None)]),
		('"__(\'no\')"; __("it\'s \\"so\\"")', [('it\'s "so"', None)]),
	],
)
def test_scripts_are_read(code, said):
	found, wrong = said_in_js(code, APP / "x.js")
	assert {(s.source, s.context) for s in found} == set(said) and not wrong


@pytest.mark.parametrize("code", ["__(`a ${b}`)", '__("a" + b)', "__(b)", "__()", '__("a", null, b)'])
def test_scripts_that_cannot_be_translated_are_named(code):
	assert said_in_js(code, APP / "x.js")[1]


@pytest.mark.parametrize(
	"code",
	[
		'frappe.throw("Not so")',
		'frappe.show_alert({ message: "Done" })',
		'dialog.set_primary_action_label("Save it")',
		'frm.add_custom_button("Go", run)',
		"$(`<p>Hello ${name}</p>`)",
		'x = `<input placeholder="Say why">`',
		'button.attr("title", "Explain")',
	],
)
def test_bare_texts_in_scripts_are_named(code):
	assert bare_in_js(code, APP / "x.js")


@pytest.mark.parametrize(
	"code",
	[
		'frappe.throw(__("Not so"))',
		'x = `<p class="text-muted" title="${__("a")}">${__("b")}&nbsp;· ${esc(c)}</p>`',
		'frm.set_query("reference_doctype", f)',
		'button.attr("title", __("Explain"))',
		'field_map = { start: "due_on", title: "title" }',
	],
)
def test_wrapped_texts_in_scripts_are_left_alone(code):
	assert not bare_in_js(code, APP / "x.js")


def test_templates_are_read():
	text = '<p>{{ _("Due", context="Salesflow") }}</p>\n{% for x in y %}{{ x.title | e }}{% endfor %}{{ _("Plain") }}'
	found, wrong = said_in_template(text, APP / "x.html")
	assert {(s.source, s.context) for s in found} == {("Due", "Salesflow"), ("Plain", None)} and not wrong
	assert not bare_in_template(text, APP / "x.html")
	assert said_in_template("{{ _(b) }}", APP / "x.html")[1]
	assert bare_in_template("<p>Due {{ when }}</p>", APP / "x.html")


def test_bare_texts_in_python_are_named():
	assert bare_in_python('frappe.throw("Not so")', APP / "x.py")
	assert bare_in_python('frappe.throw(f"Not {so}")', APP / "x.py")
	assert bare_in_python('frappe.throw(_("a"), title="Not So")', APP / "x.py")
	assert bare_in_python('columns = [{"label": "Leads"}]', APP / "x.py")
	assert not bare_in_python('frappe.throw(_("Not {0}").format(so), title=_("Not So"))', APP / "x.py")


def test_the_sources_are_looked_at(shown):
	"""An extraction that finds nothing would find nothing missing."""
	said = {(s.source, s.context) for s in shown}
	assert said >= {
		("Grade", "Lead"),
		("Grade", "BNAU Score"),
		("Grade", "Salesflow"),
		("Wrong Contact Details", "Lead"),
		("An invalid lead leaves every queue.", "Lead"),
		("Working Days", "Scoring Band"),
		("Working Days", None),
		("at most", "Scoring Rule"),
		("Re-graded", "BNAU Score"),
		("The scoring model was changed.", None),
		("The grades {lower} and {upper} overlap.", None),
		("Points Do Not Fit", None),
		("First Touch Done", None),
		("Lead Discipline", None),
		("Daily Work", None),
		("Grades to Review", None),
		("Open Leads by Grade", None),
		("Row {0}:", None),
		("Budget clear and matches the quote", None),
		("Community", None),
		("My Day", None),
		("Follow-ups", None),
		("Planned Follow-ups", None),
		("Needs stage: value touches", None),
		("Clear up budget and timing", None),
		("Keep the promised date", None),
		("The document has ended.", None),
		("The meeting was called off.", None),
		("Touch missed", None),
		("Reassign", "Salesflow"),
		("Not Interested", "Follow Up"),
		(hooks.app_title, None),
	}
