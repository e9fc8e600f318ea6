"""M1: a sales process is set up without code, says what is wrong with it, and never strands a document."""

import json

import frappe
import pytest

from salesflow_std.engine import gates as rules
from salesflow_std.salesflow_std import gate_expressions, gate_facts, process_use, processes
from salesflow_std.setup import shipped_defaults
from tests.site import gating, offers, records
from tests.site.gating import gate, process, put_into

SIX = (
	"Lead Acquired",
	"Qualified",
	"Needs Explored",
	"Solution Presented",
	"Negotiation",
	"Closed and Served",
)
LEAVING_THEM = {
	"Lead Acquired": {"L1", "L5", "L7"},
	"Qualified": {"L6", "P1"},
	"Needs Explored": {"N4", "P2"},
	"Solution Presented": {"S2", "S3", "S4"},
	"Negotiation": {"P2", "C3"},
}
PREVIEW = "salesflow_std.api.sales_process.preview"


def refused(text):
	return pytest.raises(frappe.ValidationError, match=text)


def shipped():
	return frappe.get_doc("Sales Process", gating.SHIPPED)


def drop_shipped():
	"""Deletes it, whoever else's documents on the site follow it."""
	for doctype in processes.FOLLOWERS:
		frappe.db.set_value(doctype, {"sf_sales_process": gating.SHIPPED}, "sf_sales_process", None)
	frappe.db.delete("Stage Transition", {"sales_process": gating.SHIPPED})
	frappe.delete_doc("Sales Process", gating.SHIPPED)


# What is shipped


def test_six_stages_from_the_lead_to_the_won_deal():
	doc = shipped()
	assert tuple(row.stage for row in doc.stages) == SIX
	assert [row.lives_on for row in doc.stages] == ["Lead"] * 2 + ["Opportunity"] * 4
	assert [row.stage for row in doc.stages if row.is_final] == ["Closed and Served"]
	assert all(row.owner_role and row.guidance and row.outputs for row in doc.stages)
	asked = {}
	for row in doc.gates:
		assert row.moment == "Leaving"
		asked.setdefault(row.stage, set()).add(row.rule_id)
	assert asked == LEAVING_THEM
	assert {row.rule_id for row in doc.gates if row.mode == "Warn"} == {"P1", "P2", "S3"}


def test_what_erpnext_calls_its_stages_is_mapped():
	mapped = {row.sales_stage: row.stage for row in shipped().mappings if row.sales_stage}
	ours = set(frappe.get_all("Sales Stage", pluck="name", order_by="name")) - set(SIX)
	assert set(mapped) >= {"Prospecting", "Negotiation/Review"}
	assert set(mapped) <= ours


@pytest.mark.parametrize("name", ["Six Stages", "Existing Customers, Short"])
def test_what_is_shipped_passes_its_own_checks(name):
	doc = frappe.get_doc("Sales Process", name)
	doc.save()
	assert doc.enabled == (name == gating.SHIPPED)
	entry = frappe.db.get_value("Shipped Default", {"kind": "Sales Process", "record": name}, "status")
	assert entry == "Untouched"
	shipped_defaults.load()
	assert frappe.db.get_value("Shipped Default", {"record": name}, "status") == "Untouched"


def test_links_in_tables_follow_the_language_of_the_site(monkeypatch):
	"""ERPNext's wizard names its Sales Stages in Chinese on a Chinese site."""
	frappe.rename_doc("Sales Stage", "Prospecting", "勘探")
	frappe.db.set_single_value("System Settings", "language", "zh")
	path = shipped_defaults.FIXTURES / "sales_process" / "six_stages.json"
	content = json.loads(path.read_text(encoding="utf-8"))
	named = shipped_defaults._as_named_here(content)
	assert {row.get("sales_stage") for row in named["mappings"]} >= {"勘探", "Qualification"}
	assert "Prospecting" not in {row.get("sales_stage") for row in named["mappings"]}
	assert content["mappings"][0]["sales_stage"] == "Prospecting"
	named["process_name"] = "Another"
	frappe.get_doc(named).insert()


def test_a_shipped_gate_that_a_site_cannot_ask_is_off_there(monkeypatch):
	"""The grades of the site are its own; an administrator is told once the gate is turned on."""
	for name in frappe.get_all(
		"Scoring Model", filters={"applies_to": "Lead"}, pluck="name", order_by="name"
	):
		frappe.db.set_value("Scoring Model", name, "enabled", 0)
	drop_shipped()
	frappe.delete_doc("Shipped Default", "sales_process/six_stages", force=True)
	shipped_defaults.load()
	doc = shipped()
	assert [row.gate for row in doc.gates if row.mode == "Off"] == ["Grade B or better"]
	doc.save()
	next(row for row in doc.gates if row.mode == "Off").mode = "Block"
	with refused("no grade of an enabled scoring model"):
		doc.save()


def test_what_processes_point_at_is_shipped_before_them(tmp_path):
	drop_shipped()
	for kind in ("Sales Process", "Sales Stage"):
		frappe.db.delete("Shipped Default", {"kind": kind})
	frappe.db.delete("Sales Stage", {"name": ("in", SIX)})
	shipped_defaults.load()
	assert {row.stage for row in shipped().stages} == set(
		frappe.get_all("Sales Stage", {"name": ("in", SIX)}, pluck="name")
	)


# Who may change it


@pytest.mark.parametrize(
	("role", "may"), [("System Manager", True), ("Sales Master Manager", True), ("Sales Manager", False), ("Sales User", False)]
)  # fmt: skip
def test_administrators_change_processes_and_others_read_them(make_user, as_user, role, may):
	with as_user(make_user(role)):
		doc = frappe.get_doc("Sales Process", gating.SHIPPED)
		doc.check_permission("read")
		if may:
			doc.save()
		else:
			with pytest.raises(frappe.PermissionError):
				doc.save()


# Stages


@pytest.mark.parametrize(
	("stages", "text"),
	[
		([("Qualified", "Lead"), ("Qualified", "Lead")], "is a stage of this process already"),
		([("Negotiation", "Opportunity"), ("Qualified", "Lead")], "Stages of leads come first"),
		([("Qualified", "Lead", {"is_final": 1})], "An opportunity is won"),
		(
			[("Negotiation", "Opportunity", {"is_final": 1}), ("Needs Explored", "Opportunity")],
			"after the one that is won",
		),
		([("Qualified", "Lead", {"retired": 1})], "At least one stage is in use"),
		([("Negotiation", "Opportunity", {"probability": 101})], "between 0 and 100"),
		([("Qualified", "Lead", {"longest_stay": 1e9})], "Row 1"),
		([("Qualified", "Lead", {"key_fields": "source\nno_such"})], "has no field .*no_such"),
	],
)
def test_stages_that_contradict_each_other_are_refused(stages, text):
	rows = [{"stage": row[0], "lives_on": row[1], **(row[2] if len(row) > 2 else {})} for row in stages]
	with refused(text):
		process(stages=rows).insert()


def test_another_order_is_fine():
	doc = shipped()
	doc.stages[2].idx, doc.stages[3].idx = 4, 3
	doc.stages.sort(key=lambda row: row.idx)
	doc.save()
	assert processes.get(doc.name).stages[2].name == "Solution Presented"


def test_a_process_for_everybody_stays_one():
	"""Frappe would fill in the user's company."""
	frappe.defaults.set_user_default("company", records.COMPANY)
	assert not process().insert().company


# Gates


@pytest.mark.parametrize(
	("row", "text"),
	[
		(gate(rules.FIRST_TOUCH, stage="Needs Explored"), "no stage of this process"),
		(gate(rules.FIELDS_FILLED), "at least one field"),
		(gate(rules.FIELDS_FILLED, fieldnames="no_such"), "has no field .*no_such"),
		(gate(rules.FIELDS_FILLED, fieldnames="items.rate"), "has no field"),
		(gate(rules.FIELDS_FILLED, fieldnames="expected_closing", stage="Qualified"), "Lead has no field"),
		(gate(rules.GRADE, grade="C"), "There are: S, A, B"),
		(gate(rules.GRADE, grade="S", stage="Qualified"), "There are: A, B, C"),
		(gate(rules.CONTRACT), "how far the contract has to be"),
		(gate(rules.CONTRACT, contract_state="Signed", stage="Qualified"), "cannot be asked of"),
		(gate(rules.LINKED), "Choose the type"),
		(gate(rules.LINKED, linked_doctype="Quotation Item"), "no documents of its own"),
		(gate(rules.LINKED, linked_doctype="Selling Settings"), "no documents of its own"),
		(gate(rules.LINKED, linked_doctype="Currency"), "by which field"),
		(gate(rules.LINKED, linked_doctype="Event"), "event_participants.reference_docname"),
		(gate(rules.LINKED, linked_doctype="Quotation", link_field="currency"), "No such field"),
		(gate(rules.LINKED, linked_doctype="Quotation", linked_filters="x"), "filters cannot be used"),
		(gate(rules.LINKED, linked_doctype="Quotation", linked_filters='[["no_such", "=", 1]]'), "filters cannot be used"),
		(gate(rules.EXPRESSION), "Write down what the gate asks"),
	],
)  # fmt: skip
def test_gates_that_could_not_be_asked_are_refused(row, text):
	with refused(text):
		process([row]).insert()


def test_a_gate_keeps_only_what_belongs_to_its_kind():
	row = gate(rules.GRADE, grade="B", fieldnames="items", expression="doc.name", contract_state="Signed")
	doc = process([row]).insert()
	assert [doc.gates[0].get(f) for f in ("grade", "fieldnames", "expression", "contract_state")] == [
		"B",
		None,
		None,
		None,
	]


def test_nobody_asks_about_documents_they_may_not_read(make_user, as_user):
	"""What somebody else has asked before stays, and does not keep them from changing the rest."""
	row = gate(rules.LINKED, linked_doctype="Payment Request", link_field="reference_name")
	doc = process([row]).insert()
	with as_user(make_user("Sales Master Manager")):
		with refused("may not read Payment Request"):
			process([row]).insert()
		doc.reload()
		doc.gates[0].mode = "Warn"
		doc.save()
		doc.gates[0].linked_filters = '[["docstatus", "=", 1]]'
		with refused("may not read Payment Request"):
			doc.save()


def test_custom_fields_can_be_asked_for():
	doc = process(
		[gate(rules.FIELDS_FILLED, fieldnames="sf_learned,sf_no_competitor | competitors")]
	).insert()
	assert doc.gates[0].fieldnames == "sf_learned\nsf_no_competitor | competitors"
	assert gate_facts.gates_of(doc)[0].params["fields"] == (
		("sf_learned",),
		("sf_no_competitor", "competitors"),
	)


# Mappings


@pytest.mark.parametrize(
	("row", "text"),
	[
		({"stage": "Negotiation"}, "either a sales stage or a status"),
		(
			{"stage": "Negotiation", "status": "Quotation", "sales_stage": "Prospecting"},
			"either a sales stage",
		),
		({"stage": "Qualified", "status": "Quotation"}, "no stage of this process for the type Opportunity"),
		({"stage": "Negotiation", "status": "No Such"}, "has no status No Such"),
		({"stage": "Negotiation", "sales_stage": "Closed and Served"}, "a stage of this process itself"),
		(
			{"document_type": "Lead", "stage": "Qualified", "sales_stage": "Prospecting"},
			"either a sales stage",
		),
	],
)
def test_mappings_that_say_nothing_clear_are_refused(row, text):
	with refused(text):
		process(mappings=[{"document_type": "Opportunity", **row}]).insert()


def test_a_status_is_mapped_once():
	row = {"document_type": "Opportunity", "stage": "Negotiation", "status": "Quotation"}
	with refused("mapped already"):
		process(mappings=[row, dict(row)]).insert()


# Nobody is stranded


def test_a_stage_in_which_documents_stand_is_retired_not_dropped(count_queries):
	doc = process().insert()
	for _twice in range(2):
		put_into(records.opportunity(), "Negotiation", doc.name)
	put_into(records.opportunity(), "Negotiation")  # of another process
	doc.stages = [row for row in doc.stages if row.stage != "Negotiation"]
	with refused("2 documents stand in stage .*Negotiation.*Retired"):
		doc.save()
	doc.reload()
	doc.stages[1].retired = 1
	doc.save()
	with count_queries() as queries:
		process_use.standing_in(doc.name, {"Negotiation", "Qualified"})
	assert len(queries) == 1


def test_a_stage_does_not_change_its_kind_of_document_under_those_who_stand_there():
	doc = process().insert()
	put_into(records.lead(), "Qualified", doc.name)
	doc.stages[0].lives_on = "Opportunity"
	with refused("1 documents stand in stage"):
		doc.save()


def test_customers_stand_in_a_stage_that_no_other_process_has():
	name = f"Served {frappe.generate_hash(length=6)}"
	frappe.get_doc({"doctype": "Sales Stage", "stage_name": name}).insert()
	doc = process()
	doc.stages[2].stage = name
	doc.insert()
	put_into(records.customer(), name)
	put_into(records.customer(), "Closed and Served")
	assert process_use.standing_in(doc.name, {name, "Closed and Served"}) == {name: 1}


def test_a_stage_that_nobody_stands_in_may_go():
	doc = process().insert()
	doc.stages = doc.stages[1:]
	doc.save()
	assert len(doc.stages) == 2


def test_a_process_that_documents_follow_is_disabled_not_deleted():
	doc = process().insert()
	put_into(records.lead(), "Qualified", doc.name)
	with pytest.raises(frappe.LinkExistsError, match="Disable it instead"):
		frappe.delete_doc("Sales Process", doc.name)
	frappe.delete_doc("Sales Process", process().insert().name)


def test_a_stage_that_is_renamed_takes_all_along():
	"""Documents, processes, gates, mappings, and what was shipped."""
	doc = process(
		[gate(rules.FIRST_TOUCH)],
		mappings=[{"document_type": "Opportunity", "stage": "Negotiation", "status": "Quotation"}],
	).insert()
	deal = records.opportunity()
	put_into(deal, "Negotiation", doc.name)
	frappe.rename_doc("Sales Stage", "Negotiation", "Bargaining")
	doc.reload()
	assert doc.stages[1].stage == doc.gates[0].stage == doc.mappings[0].stage == "Bargaining"
	assert records.state(deal, "sf_stage") == "Bargaining"
	assert processes.get(doc.name).stages[1].name == "Bargaining"
	assert frappe.db.get_value("Shipped Default", "sales_stage/negotiation", "record") == "Bargaining"
	doc.save()


def test_a_process_that_is_renamed_is_still_the_shipped_one():
	frappe.rename_doc("Sales Process", gating.SHIPPED, "Our Way")
	assert frappe.db.get_value("Shipped Default", "sales_process/six_stages", "record") == "Our Way"
	assert processes.get("Our Way")


# Expressions in the sandbox


@pytest.mark.parametrize(
	("expression", "text"),
	[
		("doc.no_such_field", "has no field no_such_field"),
		("doc.expected_closing > today", "A date that may be empty"),
		("frappe.db.get_value('User', 'Administrator', 'name')", "get_value cannot be called"),
		("frappe.session.user", "frappe is not known here"),
		("doc.save()", "save cannot be called"),
		("doc.__class__", "is not known here"),
		("doc._source.delete()", "cannot be called"),
		("(lambda: 1)()", "cannot"),
		("doc.get('__class__')", "has no field __class__"),
		("doc.get('_source')", "has no field _source"),
		("[row.parent_doc for row in doc.items] or doc.meta", "has no field meta"),
		("doc.flags", "has no field flags"),
		("1 / 0", "division by zero"),
		("doc.", "no expression"),
	],
)
def test_an_expression_is_tried_out_before_it_is_saved(expression, text):
	with refused(text):
		process([gate(rules.EXPRESSION, expression=expression)]).insert()


def ask(doc, expression):
	return gating.ask(doc, rules.EXPRESSION, expression=expression)


def test_what_an_expression_sees():
	deal = records.opportunity(
		opportunity_amount="1500",
		expected_closing="2030-01-31",
		items=[{"item_code": offers.ITEM, "item_name": "x", "qty": 2, "rate": 100, "uom": "Nos"}],
	)
	for expression in (
		"doc.opportunity_amount >= 1500",
		"doc.expected_closing and days_until(doc.expected_closing) > 30 and doc.expected_closing > today",
		"any(row.qty * row.rate == 200 for row in doc.items)",
		"sum([row.qty for row in doc.items]) == 2 and len(doc.items) == 1",
		"doc.get('status') in ('Open', 'Quotation')",
		"doc.doctype == 'Opportunity' and doc.name",
	):
		assert ask(deal, expression).met, expression
	assert ask(deal, "doc.opportunity_amount > 1500").code == "expression"
	deal.opportunity_amount = "1500"  # as a form or an import sends it
	assert ask(deal, "doc.opportunity_amount >= 1500").met


@pytest.mark.parametrize(
	"expression",
	[
		"doc.expected_closing > today",
		"doc.gone",
		"frappe.db.sql('delete from tabLead')",
		"setattr(doc, 'status', 'Lost')",
		"doc.set('status', 'Lost')",
		"().__class__.__base__.__subclasses__()",
	],
)
def test_an_expression_that_fails_is_not_met_says_so_and_is_logged_once(expression, monkeypatch):
	deal = frappe.new_doc("Opportunity")
	logged = []
	monkeypatch.setattr(frappe, "log_error", lambda **told: logged.append(told))
	found = [ask(deal, expression) for _thrice in range(3)]
	assert [one.code for one in found] == ["broken"] * 3
	assert found[0].args["problem"]
	assert len(logged) == 1 and expression in logged[0]["message"]
	assert deal.status != "Lost"


def test_what_an_expression_sees_cannot_be_changed():
	doc = gate_expressions.ReadOnly(frappe.new_doc("Lead"))
	with pytest.raises(AttributeError):
		doc.status = "Converted"
	assert isinstance(frappe.get_meta("Opportunity").get_field("items"), object)
	with pytest.raises(AttributeError):
		gate_expressions.ReadOnly(frappe.new_doc("Opportunity")).items.append({})


# Looking ahead


def test_a_preview_of_the_stored_process(call):
	"""Each gate of the document's own stages, met or not."""
	lead = records.lead(email_id="buyer@alpha.example")
	told = call(PREVIEW, doctype="Lead", name=lead.name, process=gating.SHIPPED)
	assert [(part["stage"], part["moment"]) for part in told] == [
		("Lead Acquired", "Leaving"),
		("Qualified", "Leaving"),
	]
	met = {gate["gate"]: gate["met"] for part in told for gate in part["gates"]}
	assert met == {
		"Source known": True,
		"Graded": False,
		"First touch done": False,
		"Grade B or better": False,
		"Company and contact known": True,
		"Industry and size known": False,
	}


def test_a_preview_of_what_is_not_saved(call):
	lead = records.lead()
	draft = process([gate(rules.EXPRESSION, stage="Qualified", expression="doc.source == 'Exhibition'")])
	told = call(PREVIEW, doctype="Lead", name=lead.name, draft=draft.as_json())
	assert [gate["met"] for gate in told[0]["gates"]] == [True]
	assert not frappe.db.exists("Sales Process", draft.process_name)
	draft.gates[0].expression = "frappe.db"
	with refused("is not known here"):
		call(PREVIEW, doctype="Lead", name=lead.name, draft=draft.as_json())


def test_a_preview_shows_nobody_what_they_may_not_read(call, make_user, as_user):
	lead = records.lead()
	draft = process().as_json()
	with as_user(make_user("Sales User")):
		call(PREVIEW, doctype="Lead", name=lead.name, process=gating.SHIPPED)
		with pytest.raises(frappe.PermissionError):
			call(PREVIEW, doctype="Lead", name=lead.name, draft=draft)
	with as_user(make_user("Purchase User")), pytest.raises(frappe.PermissionError):
		call(PREVIEW, doctype="Lead", name=lead.name, process=gating.SHIPPED)
	with refused("stands in no stage"):
		call(PREVIEW, doctype="User", name="Administrator", process=gating.SHIPPED)


def test_what_a_gate_can_choose_from(call, make_user, as_user):
	found = call("salesflow_std.api.sales_process.choices", doctype="Opportunity")
	assert found["grades"] == ["S", "A", "B"]
	assert "Converted" in found["statuses"]
	fields = {field["value"]: field["label"] for field in found["fields"]}
	assert fields["sf_learned"] == "What Was Learned" and "sf_section" not in fields
	paths = call("salesflow_std.api.sales_process.link_fields", doctype="Event", target="Lead")
	assert "event_participants.reference_docname" in paths
	with as_user(make_user("Sales Manager")), pytest.raises(frappe.PermissionError):
		call("salesflow_std.api.sales_process.link_fields", doctype="Event", target="Lead")
