"""The fields, property setters and indexes that the app puts on ERPNext's doctypes.

Install, migrate and uninstall all read this one description, so what comes also goes.
"""

from __future__ import annotations

MODULE = "Salesflow Std"

INVALID_REASONS = ("Test Data", "Not a Target Industry", "Duplicate", "Wrong Contact Details")
# Told to the owner, then to the manager.
STAGE_LATE = ("Late", "Escalated")
# A contract goes through them in this order (C1-C3).
CONTRACT_STATES = ("Drafted", "In Clause Review", "Clauses Approved", "Signed")
ORDER_STANDINGS = ("Signed", "Exempt", "Overridden", "Warned", "Not Asked")
# How deep the business with a customer is, and how lively (P6).
TIERS = ("Strategic", "Core", "Ordinary")
ACTIVITIES = ("High", "Medium", "Low", "Silent")
RENEWAL_OUTCOMES = ("Renewed", "Later", "Not Renewed")
REFERRAL_OUTCOMES = ("Opportunity", "Won", "Lost")
FIRST_TOUCH_STATUSES = ("Not Yet", "Overdue", "Met", "Missed")

# State is written by the app alone and never copied to another document (ERPNext's mapped-document buttons
# copy fields of the same name).
_STATE = {"read_only": 1, "no_copy": 1, "print_hide": 1, "allow_on_submit": 1}
_HIDDEN = {**_STATE, "hidden": 1, "report_hide": 1}


def _grade_fields(insert_after: str) -> list[dict]:
	"""What every graded document carries."""
	return [
		{
			"fieldname": "sf_section",
			"fieldtype": "Section Break",
			"label": "Sales Standard",
			"insert_after": insert_after,
			"collapsible": 1,
		},
		{
			"fieldname": "sf_grade",
			"fieldtype": "Data",
			"label": "Grade",
			"length": 20,
			"in_list_view": 1,
			"in_standard_filter": 1,
			"search_index": 1,
			**_STATE,
		},
		{"fieldname": "sf_score", "fieldtype": "Float", "label": "Score", "precision": "2", **_STATE},
		{"fieldname": "sf_graded_on", "fieldtype": "Datetime", "label": "Graded On", **_STATE},
		{
			"fieldname": "sf_grade_stale",
			"fieldtype": "Check",
			"label": "Grade Stale",
			**_STATE,
		},
		{
			"fieldname": "sf_review_due",
			"fieldtype": "Datetime",
			"label": "Review Due",
			**_STATE,
		},
		{
			"fieldname": "sf_grade_frozen_until",
			"fieldtype": "Date",
			"label": "Grade Fixed Until",
			"depends_on": "sf_grade_frozen_until",
			"search_index": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_scoring_model",
			"fieldtype": "Link",
			"label": "Scoring Model",
			"options": "Scoring Model",
			**_STATE,
		},
		{
			"fieldname": "sf_points",
			"fieldtype": "Data",
			"label": "Packed Points",
			**_HIDDEN,
		},
	]


def _touch_fields() -> list[dict]:
	"""What a document carries whose touches are planned (F1-F4)."""
	return [
		{"fieldname": "sf_next_touch_on", "fieldtype": "Datetime", "label": "Next Touch On", **_STATE},
		{"fieldname": "sf_last_touch_on", "fieldtype": "Datetime", "label": "Last Touch On", **_STATE},
		{
			"fieldname": "sf_holiday_list",
			"fieldtype": "Link",
			"label": "Customer's Holidays",
			"options": "Holiday List",
			"description": "No touch is planned on these days.",
		},
		{"fieldname": "sf_touches", "fieldtype": "Int", "label": "Touches", **_HIDDEN},
		{"fieldname": "sf_week_touches", "fieldtype": "Int", "label": "Touches That Week", **_HIDDEN},
		{"fieldname": "sf_rhythm", "fieldtype": "Data", "label": "Rhythm", "length": 180, **_HIDDEN},
		{"fieldname": "sf_rhythm_since", "fieldtype": "Datetime", "label": "Rhythm Since", **_HIDDEN},
	]


def _stage_fields() -> list[dict]:
	"""Where a document stands in its sales process (M1).

	`sf_stage` is what anybody may ask for, on whatever path; the gates let it pass or refuse it. `sf_stage_passed` is
	what they let pass last, so that what came past them is found.
	"""
	return [
		{
			"fieldname": "sf_stage",
			"fieldtype": "Link",
			"label": "Stage",
			"options": "Sales Stage",
			"in_list_view": 1,
			"in_standard_filter": 1,
			"search_index": 1,
			"no_copy": 1,
			"print_hide": 1,
		},
		{
			"fieldname": "sf_stage_reason",
			"fieldtype": "Small Text",
			"label": "Reason for the Stage Change",
			"description": "Asked for where a stage is skipped or a document goes back; kept in the log.",
			# The form knows when a reason is asked for; so does the server.
			"depends_on": "eval:doc.__asks_stage_reason || doc.sf_stage_reason",
			"mandatory_depends_on": "eval:doc.__asks_stage_reason",
			"no_copy": 1,
			"print_hide": 1,
			"report_hide": 1,
		},
		{
			"fieldname": "sf_stage_entered_on",
			"fieldtype": "Datetime",
			"label": "Stage Entered On",
			**_STATE,
		},
		{"fieldname": "sf_stage_due", "fieldtype": "Datetime", "label": "Stage Due", **_STATE},
		{
			"fieldname": "sf_stage_late",
			"fieldtype": "Select",
			"label": "Longer Than Allowed",
			"options": "\n".join(("", *STAGE_LATE)),
			"in_standard_filter": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_sales_process",
			"fieldtype": "Link",
			"label": "Sales Process",
			"options": "Sales Process",
			**_STATE,
		},
		{
			"fieldname": "sf_stage_passed",
			"fieldtype": "Data",
			"label": "Stage That Passed the Gates",
			**_HIDDEN,
		},
	]


def _lost_fields(shown: str, **more: object) -> list[dict]:
	"""What is asked of a lost deal besides ERPNext's own reasons and competitors."""
	return [
		{
			"fieldname": "sf_no_competitor",
			"fieldtype": "Check",
			"label": "No Competitor Involved",
			"insert_after": "competitors",
			"depends_on": shown,
			"no_copy": 1,
			**more,
		},
		{
			"fieldname": "sf_learned",
			"fieldtype": "Small Text",
			"label": "What Was Learned",
			"depends_on": shown,
			"in_global_search": 1,
			"no_copy": 1,
			**more,
		},
	]


def _profile_fields() -> list[dict]:
	"""What ties a document to its customer profile, and what of it lists show and filter (L4, P4)."""
	return [
		{
			"fieldname": "sf_profile",
			"fieldtype": "Link",
			"label": "Customer Profile",
			"options": "Customer Profile",
			"search_index": 1,
			"hidden": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_target_profile",
			"fieldtype": "Link",
			"label": "Target Customer Profile",
			"options": "Target Customer Profile",
			"in_standard_filter": 1,
			"search_index": 1,
			**_STATE,
		},
		{"fieldname": "sf_fit", "fieldtype": "Percent", "label": "Fit", **_STATE},
		{
			"fieldname": "sf_tags",
			"fieldtype": "Small Text",
			"label": "Customer Tags",
			"in_standard_filter": 1,
			**_STATE,
		},
	]


def _company_keys() -> list[dict]:
	"""What customers and prospects of the same company are found by (L3)."""
	return [
		{
			"fieldname": "sf_company_key",
			"fieldtype": "Data",
			"label": "Company Key",
			"search_index": 1,
			**_HIDDEN,
		},
		{
			"fieldname": "sf_domain",
			"fieldtype": "Data",
			"label": "Website Domain",
			"search_index": 1,
			**_HIDDEN,
		},
	]


# What was learned from a lost deal stays in sight when it is opened again.
LOST_SHOWN = "eval:doc.status=='Lost' || doc.sf_lost_on"

# As ERPNext has them on Lead and Prospect.
EMPLOYEES = ("1-10", "11-50", "51-200", "201-500", "501-1000", "1000+")

CUSTOM_FIELDS: dict[str, list[dict]] = {
	"Lead": [
		# Who sent the lead, and on what occasion (A5).
		{
			"fieldname": "sf_referred_by",
			"fieldtype": "Link",
			"label": "Referred By",
			"options": "Customer",
			"insert_after": "source",
			"search_index": 1,
			"no_copy": 1,
		},
		{
			"fieldname": "sf_referrer",
			"fieldtype": "Data",
			"label": "Person Who Referred",
			"insert_after": "sf_referred_by",
			"depends_on": "sf_referred_by",
			"no_copy": 1,
		},
		{
			"fieldname": "sf_referral_survey",
			"fieldtype": "Link",
			"label": "Referred in Survey",
			"options": "Satisfaction Survey",
			"insert_after": "sf_referrer",
			"depends_on": "sf_referral_survey",
			"search_index": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_referral_outcome",
			"fieldtype": "Select",
			"label": "What Came of the Referral",
			"options": "\n".join(("", *REFERRAL_OUTCOMES)),
			"insert_after": "sf_referral_survey",
			"depends_on": "sf_referral_outcome",
			"in_standard_filter": 1,
			**_STATE,
		},
		# The last thing the referrer was thanked for.
		{
			"fieldname": "sf_referral_thanked",
			"fieldtype": "Data",
			"label": "Thanked For",
			"insert_after": "sf_referral_outcome",
			"length": 20,
			**_HIDDEN,
		},
		*_grade_fields("request_type"),
		{"fieldname": "sf_column_1", "fieldtype": "Column Break"},
		{
			"fieldname": "sf_captured_on",
			"fieldtype": "Datetime",
			"label": "Captured On",
			"description": "When the lead was won, for example at the fair; its deadlines count from here.",
			"search_index": 1,
			"no_copy": 1,
		},
		{
			"fieldname": "sf_late_entry",
			"fieldtype": "Check",
			"label": "Entered Late",
			**_STATE,
		},
		{
			"fieldname": "sf_first_touch_due",
			"fieldtype": "Datetime",
			"label": "First Touch Due",
			**_STATE,
		},
		{
			"fieldname": "sf_first_touch_status",
			"fieldtype": "Select",
			"label": "First Touch",
			"options": "\n".join(("", *FIRST_TOUCH_STATUSES)),
			"in_standard_filter": 1,
			**_STATE,
		},
		{"fieldname": "sf_first_touched_on", "fieldtype": "Datetime", "label": "First Touched On", **_STATE},
		*_touch_fields(),
		{"fieldname": "sf_column_2", "fieldtype": "Column Break"},
		{
			"fieldname": "sf_in_nurture",
			"fieldtype": "Check",
			"label": "In Nurture Pool",
			**_STATE,
		},
		{
			"fieldname": "sf_ended_politely",
			"fieldtype": "Check",
			"label": "Ended Politely",
			"description": "Not now, said the customer. A new score with a better grade brings the lead back.",
			**_STATE,
		},
		{
			"fieldname": "sf_lost_reason",
			"fieldtype": "Link",
			"label": "Lost Because",
			"options": "Opportunity Lost Reason",
			"depends_on": "sf_lost_reason",
			**_STATE,
		},
		{
			"fieldname": "sf_invalid_reason",
			"fieldtype": "Select",
			"label": "Invalid Because",
			"options": "\n".join(("", *INVALID_REASONS)),
			"description": "An invalid lead leaves every queue.",
			"no_copy": 1,
		},
		{
			"fieldname": "sf_duplicate_of",
			"fieldtype": "Link",
			"label": "Duplicate Of",
			"options": "Lead",
			"depends_on": "eval:doc.sf_invalid_reason=='Duplicate'",
			"no_copy": 1,
		},
		*_stage_fields(),
		*_profile_fields(),
		{
			"fieldname": "sf_phone_key",
			"fieldtype": "Data",
			"label": "Phone Key",
			"length": 20,
			"search_index": 1,
			**_HIDDEN,
		},
		{
			"fieldname": "sf_mobile_key",
			"fieldtype": "Data",
			"label": "Mobile Key",
			"length": 20,
			"search_index": 1,
			**_HIDDEN,
		},
		{
			"fieldname": "sf_company_key",
			"fieldtype": "Data",
			"label": "Company Key",
			"search_index": 1,
			**_HIDDEN,
		},
	],
	"Opportunity": [
		*_grade_fields("probability"),
		{"fieldname": "sf_column_1", "fieldtype": "Column Break"},
		*_touch_fields(),
		{"fieldname": "sf_unsubscribed", "fieldtype": "Check", "label": "Unsubscribed", **_STATE},
		{"fieldname": "sf_column_2", "fieldtype": "Column Break"},
		*_stage_fields(),
		{
			"fieldname": "sf_closing_section",
			"fieldtype": "Section Break",
			"label": "Closing",
			"collapsible": 1,
			"depends_on": "sf_final_intent_on",
		},
		{
			"fieldname": "sf_final_intent_on",
			"fieldtype": "Datetime",
			"label": "Final Intent On",
			"description": "When the customer said that they will sign.",
			**_STATE,
		},
		{
			"fieldname": "sf_final_intent_by",
			"fieldtype": "Link",
			"label": "Recorded By",
			"options": "User",
			**_STATE,
		},
		{"fieldname": "sf_final_intent_from", "fieldtype": "Data", "label": "Said By", **_STATE},
		{"fieldname": "sf_final_intent_note", "fieldtype": "Small Text", "label": "What They Said", **_STATE},
		{"fieldname": "sf_column_3", "fieldtype": "Column Break"},
		{"fieldname": "sf_contract_due", "fieldtype": "Datetime", "label": "Contract Due", **_STATE},
		{
			"fieldname": "sf_contract",
			"fieldtype": "Link",
			"label": "Contract",
			"options": "Contract",
			**_STATE,
		},
		{
			"fieldname": "sf_contract_reminded_on",
			"fieldtype": "Datetime",
			"label": "Contract Reminded On",
			**_HIDDEN,
		},
		{
			"fieldname": "sf_contract_escalated_on",
			"fieldtype": "Datetime",
			"label": "Contract Escalated On",
			"depends_on": "sf_contract_escalated_on",
			**_STATE,
		},
		# With ERPNext's own reasons and competitors of a lost opportunity.
		*_lost_fields(LOST_SHOWN),
		{
			"fieldname": "sf_lost_on",
			"fieldtype": "Datetime",
			"label": "Lost On",
			"depends_on": "sf_lost_on",
			"search_index": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_lost_on_estimated",
			"fieldtype": "Check",
			"label": "Lost On Is Estimated",
			"description": "Nobody noted when the deal was lost; it is the time of its last change.",
			"depends_on": "sf_lost_on_estimated",
			**_STATE,
		},
		# What an imported pipeline says, so that importing it twice is importing it once.
		{
			"fieldname": "sf_external_id",
			"fieldtype": "Data",
			"label": "ID in the Old System",
			"insert_after": "language",
			"depends_on": "sf_external_id",
			"unique": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_external_rep",
			"fieldtype": "Data",
			"label": "Rep in the Old System",
			"depends_on": "sf_external_rep",
			**_STATE,
		},
	],
	"Customer": [
		*_grade_fields("image"),
		{"fieldname": "sf_column_1", "fieldtype": "Column Break"},
		# ERPNext knows them of leads and prospects only; a customer takes them over.
		{
			"fieldname": "sf_no_of_employees",
			"fieldtype": "Select",
			"label": "Employees",
			"options": "\n".join(("", *EMPLOYEES)),
			"no_copy": 1,
		},
		{
			"fieldname": "sf_annual_revenue",
			"fieldtype": "Currency",
			"label": "Annual Revenue",
			"no_copy": 1,
		},
		*_profile_fields(),
		*_company_keys(),
		# Written with the first order (M1, stage 6).
		{
			"fieldname": "sf_stage",
			"fieldtype": "Link",
			"label": "Stage",
			"options": "Sales Stage",
			"in_standard_filter": 1,
			"search_index": 1,
			**_STATE,
		},
		{"fieldname": "sf_stage_entered_on", "fieldtype": "Datetime", "label": "Stage Entered On", **_STATE},
		{
			"fieldname": "sf_care_section",
			"fieldtype": "Section Break",
			"label": "Customer Care",
			"collapsible": 1,
		},
		# Proposed by a job, set by a person (P6).
		{
			"fieldname": "sf_tier",
			"fieldtype": "Select",
			"label": "Tier",
			"options": "\n".join(("", *TIERS)),
			"in_list_view": 1,
			"in_standard_filter": 1,
			"search_index": 1,
			"no_copy": 1,
		},
		{
			"fieldname": "sf_proposed_tier",
			"fieldtype": "Select",
			"label": "Proposed Tier",
			"options": "\n".join(("", *TIERS)),
			**_STATE,
		},
		{
			"fieldname": "sf_tier_reason",
			"fieldtype": "Small Text",
			"label": "Reason for Another Tier",
			"description": "Why the tier is not the one that the figures propose.",
			"depends_on": "eval:doc.sf_tier_reason || (doc.sf_tier && doc.sf_proposed_tier && doc.sf_tier!=doc.sf_proposed_tier)",
			"no_copy": 1,
			"print_hide": 1,
		},
		{"fieldname": "sf_tier_why", "fieldtype": "Small Text", "label": "Why This Tier", **_STATE},
		# Managers look at these: the figures propose another tier than the one that counts.
		{
			"fieldname": "sf_tier_differs",
			"fieldtype": "Check",
			"label": "Tier to Decide",
			"in_standard_filter": 1,
			"search_index": 1,
			"hidden": 1,
			**_STATE,
		},
		{"fieldname": "sf_column_care", "fieldtype": "Column Break"},
		{
			"fieldname": "sf_activity",
			"fieldtype": "Select",
			"label": "Activity",
			"options": "\n".join(("", *ACTIVITIES)),
			"in_standard_filter": 1,
			"search_index": 1,
			**_STATE,
		},
		{"fieldname": "sf_last_order_on", "fieldtype": "Date", "label": "Last Order On", **_STATE},
		{"fieldname": "sf_last_touch_on", "fieldtype": "Datetime", "label": "Last Touch On", **_STATE},
		{"fieldname": "sf_silent_since", "fieldtype": "Date", "label": "Silent Since", **_STATE},
		{
			"fieldname": "sf_next_touch_on",
			"fieldtype": "Datetime",
			"label": "Next Touch On",
			"search_index": 1,
			**_STATE,
		},
	],
	"Project": [
		{
			"fieldname": "sf_handover",
			"fieldtype": "Link",
			"label": "Delivery Handover",
			"options": "Delivery Handover",
			"insert_after": "sales_order",
			"search_index": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_account_manager",
			"fieldtype": "Link",
			"label": "Account Manager",
			"options": "User",
			"insert_after": "sf_handover",
			"no_copy": 1,
		},
		{
			"fieldname": "sf_delivery_lead",
			"fieldtype": "Link",
			"label": "Delivery Lead",
			"options": "User",
			"insert_after": "sf_account_manager",
			"no_copy": 1,
		},
		{
			"fieldname": "sf_accepted_on",
			"fieldtype": "Date",
			"label": "Accepted On",
			"insert_after": "sf_delivery_lead",
			"depends_on": "sf_accepted_on",
			**_STATE,
		},
	],
	"Issue": [
		# A complaint has an owner and a deadline, and is closed with the customer's word (A4).
		{
			"fieldname": "sf_is_complaint",
			"fieldtype": "Check",
			"label": "Complaint",
			"insert_after": "issue_type",
			"in_standard_filter": 1,
			"search_index": 1,
			"no_copy": 1,
		},
		{
			"fieldname": "sf_section",
			"fieldtype": "Section Break",
			"label": "Complaint",
			"insert_after": "description",
			"depends_on": "sf_is_complaint",
		},
		{
			"fieldname": "sf_responsible",
			"fieldtype": "Link",
			"label": "Responsible",
			"options": "User",
			"search_index": 1,
			"no_copy": 1,
		},
		{
			"fieldname": "sf_close_by",
			"fieldtype": "Datetime",
			"label": "To Be Settled By",
			"search_index": 1,
			"no_copy": 1,
		},
		{
			"fieldname": "sf_survey",
			"fieldtype": "Link",
			"label": "Satisfaction Survey",
			"options": "Satisfaction Survey",
			"search_index": 1,
			**_STATE,
		},
		{"fieldname": "sf_column_1", "fieldtype": "Column Break"},
		{
			"fieldname": "sf_customers_word",
			"fieldtype": "Small Text",
			"label": "The Customer's Word",
			"no_copy": 1,
		},
		{"fieldname": "sf_word_by", "fieldtype": "Data", "label": "Said By", "no_copy": 1},
		{"fieldname": "sf_word_on", "fieldtype": "Date", "label": "Said On", "no_copy": 1},
		{"fieldname": "sf_settled_on", "fieldtype": "Datetime", "label": "Settled On", **_STATE},
		{"fieldname": "sf_reminded_on", "fieldtype": "Datetime", "label": "Reminded On", **_HIDDEN},
		{"fieldname": "sf_escalated_on", "fieldtype": "Datetime", "label": "Escalated On", **_STATE},
	],
	"Contract": [
		{
			"fieldname": "sf_section",
			"fieldtype": "Section Break",
			"label": "Sales Standard",
			"insert_after": "document_name",
			"depends_on": "eval:doc.party_type=='Customer'",
		},
		{
			"fieldname": "sf_state",
			"fieldtype": "Select",
			"label": "Contract State",
			"options": "\n".join(("", *CONTRACT_STATES)),
			"in_list_view": 1,
			"in_standard_filter": 1,
			"search_index": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_company",
			"fieldtype": "Link",
			"label": "Company",
			"options": "Company",
			"no_copy": 1,
		},
		{
			"fieldname": "sf_opportunity",
			"fieldtype": "Link",
			"label": "Opportunity",
			"options": "Opportunity",
			"search_index": 1,
			"no_copy": 1,
		},
		{
			"fieldname": "sf_proposal",
			"fieldtype": "Link",
			"label": "Approved Proposal",
			"options": "Solution Proposal",
			**_STATE,
		},
		{
			"fieldname": "sf_contract_review",
			"fieldtype": "Link",
			"label": "Contract Review",
			"options": "Contract Review",
			**_STATE,
		},
		{
			"fieldname": "sf_allocated_to",
			"fieldtype": "Link",
			"label": "Responsible",
			"options": "User",
			"search_index": 1,
			"no_copy": 1,
			"allow_on_submit": 1,
		},
		{"fieldname": "sf_column_1", "fieldtype": "Column Break"},
		{"fieldname": "sf_amount", "fieldtype": "Currency", "label": "Amount", "options": "sf_currency"},
		{"fieldname": "sf_currency", "fieldtype": "Link", "label": "Currency", "options": "Currency"},
		{
			"fieldname": "sf_payment_terms",
			"fieldtype": "Link",
			"label": "Payment Terms",
			"options": "Payment Terms Template",
		},
		{"fieldname": "sf_delivery_period", "fieldtype": "Small Text", "label": "Delivery Period"},
		{
			"fieldname": "sf_signing_section",
			"fieldtype": "Section Break",
			"label": "Signature",
			"depends_on": "eval:doc.party_type=='Customer'",
		},
		{
			"fieldname": "sf_signed_by_us_on",
			"fieldtype": "Datetime",
			"label": "Signed by Us On",
			"no_copy": 1,
			"allow_on_submit": 1,
		},
		{
			"fieldname": "sf_signed_on",
			"fieldtype": "Datetime",
			"label": "Signed by Both On",
			"search_index": 1,
			**_STATE,
		},
		{"fieldname": "sf_column_2", "fieldtype": "Column Break"},
		{
			"fieldname": "sf_scan",
			"fieldtype": "Attach",
			"label": "Scan of the Signed Contract",
			"no_copy": 1,
			"allow_on_submit": 1,
		},
		{"fieldname": "sf_scan_due", "fieldtype": "Datetime", "label": "Scan Due", **_STATE},
		{"fieldname": "sf_scan_on", "fieldtype": "Datetime", "label": "Scan Attached On", **_STATE},
		{
			"fieldname": "sf_clause_section",
			"fieldtype": "Section Break",
			"label": "Clauses",
			"depends_on": "eval:doc.party_type=='Customer'",
		},
		{"fieldname": "sf_scope", "fieldtype": "Small Text", "label": "Scope"},
		{"fieldname": "sf_breach", "fieldtype": "Small Text", "label": "Breach"},
		{"fieldname": "sf_column_3", "fieldtype": "Column Break"},
		{
			"fieldname": "sf_intellectual_property",
			"fieldtype": "Small Text",
			"label": "Intellectual Property",
		},
		{"fieldname": "sf_after_sales", "fieldtype": "Small Text", "label": "After-sales"},
		# Asked for in good time before the contract ends (A5).
		{
			"fieldname": "sf_renewal_section",
			"fieldtype": "Section Break",
			"label": "Renewal",
			"depends_on": "eval:doc.party_type=='Customer' && doc.end_date",
			"collapsible": 1,
		},
		{
			"fieldname": "sf_renewal_due",
			"fieldtype": "Date",
			"label": "Ask for Renewal On",
			"search_index": 1,
			**_STATE,
		},
		{"fieldname": "sf_renewal_asked_on", "fieldtype": "Date", "label": "Customer Asked On", **_STATE},
		{
			"fieldname": "sf_renews",
			"fieldtype": "Link",
			"label": "Renews",
			"options": "Contract",
			"search_index": 1,
			"no_copy": 1,
		},
		{"fieldname": "sf_column_4", "fieldtype": "Column Break"},
		{
			"fieldname": "sf_renewal_outcome",
			"fieldtype": "Select",
			"label": "Outcome",
			"options": "\n".join(("", *RENEWAL_OUTCOMES)),
			"in_standard_filter": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_renewal_opportunity",
			"fieldtype": "Link",
			"label": "Renewal Opportunity",
			"options": "Opportunity",
			"search_index": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_renewal_note",
			"fieldtype": "Small Text",
			"label": "What the Customer Said",
			**_STATE,
		},
		{
			"fieldname": "sf_renewal_reminded_on",
			"fieldtype": "Datetime",
			"label": "Renewal Reminded On",
			**_HIDDEN,
		},
		{
			"fieldname": "sf_renewal_escalated_on",
			"fieldtype": "Datetime",
			"label": "Renewal Escalated On",
			**_HIDDEN,
		},
		{
			"fieldname": "sf_fingerprint",
			"fieldtype": "Data",
			"label": "Clauses That Were Approved",
			"length": 64,
			**_HIDDEN,
		},
		{"fieldname": "sf_reminded_on", "fieldtype": "Datetime", "label": "Reminded On", **_HIDDEN},
		{"fieldname": "sf_escalated_on", "fieldtype": "Datetime", "label": "Escalated On", **_HIDDEN},
	],
	"Sales Order": [
		# Written by the gate: the signed contract, or why none was needed (C3).
		{
			"fieldname": "sf_contract",
			"fieldtype": "Link",
			"label": "Contract",
			"options": "Contract",
			"insert_after": "order_type",
			"search_index": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_contract_standing",
			"fieldtype": "Select",
			"label": "Order and Contract",
			"options": "\n".join(("", *ORDER_STANDINGS)),
			"insert_after": "sf_contract",
			"in_standard_filter": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_override_reason",
			"fieldtype": "Small Text",
			"label": "Override Reason",
			"insert_after": "sf_contract_standing",
			"depends_on": "sf_override_reason",
			**_STATE,
		},
		{
			"fieldname": "sf_override_by",
			"fieldtype": "Link",
			"label": "Overridden By",
			"options": "User",
			"insert_after": "sf_override_reason",
			"depends_on": "sf_override_reason",
			**_STATE,
		},
		{
			"fieldname": "sf_override_on",
			"fieldtype": "Datetime",
			"label": "Overridden On",
			"insert_after": "sf_override_by",
			"depends_on": "sf_override_reason",
			**_STATE,
		},
		{
			"fieldname": "sf_override_fingerprint",
			"fieldtype": "Data",
			"label": "What Was Let Pass",
			"insert_after": "sf_override_on",
			"length": 64,
			**_HIDDEN,
		},
	],
	"Quotation": [
		*_lost_fields("eval:doc.status=='Lost'", allow_on_submit=1),
		# Written by the gate: the review whose figures the quotation bears (S2).
		{
			"fieldname": "sf_proposal_review",
			"fieldtype": "Link",
			"label": "Proposal Review",
			"options": "Proposal Review",
			"insert_after": "order_type",
			"search_index": 1,
			**_STATE,
		},
		{
			"fieldname": "sf_fingerprint",
			"fieldtype": "Data",
			"label": "Figures That Passed",
			"length": 64,
			**_HIDDEN,
		},
	],
	"Prospect": [
		{
			"fieldname": "sf_section",
			"fieldtype": "Section Break",
			"label": "Sales Standard",
			"insert_after": "company",
			"collapsible": 1,
		},
		*_profile_fields(),
		*_company_keys(),
	],
	"Contact": [
		{
			"fieldname": "sf_left_on",
			"fieldtype": "Date",
			"label": "Left the Company On",
			"insert_after": "department",
			"depends_on": "sf_left_on",
			**_STATE,
		},
		{
			"fieldname": "sf_replaced_by",
			"fieldtype": "Link",
			"label": "Replaced By",
			"options": "Contact",
			"depends_on": "sf_replaced_by",
			**_STATE,
		},
		{
			"fieldname": "sf_person_key",
			"fieldtype": "Data",
			"label": "Person Key",
			"search_index": 1,
			**_HIDDEN,
		},
		# What is put back if it was a mistake (`people.py`), as JSON.
		{"fieldname": "sf_left_state", "fieldtype": "Text", "label": "Before Leaving", **_HIDDEN},
	],
	"Contact Phone": [
		{
			"fieldname": "sf_phone_key",
			"fieldtype": "Data",
			"label": "Phone Key",
			"length": 20,
			"insert_after": "is_primary_mobile_no",
			"search_index": 1,
			**_HIDDEN,
		},
	],
	# Which of a sales person's targets a plan has filled in (M4).
	"Target Detail": [
		{
			"fieldname": "sf_target_plan",
			"fieldtype": "Data",
			"label": "Sales Target Plan",
			"insert_after": "distribution_id",
			**_HIDDEN,
		},
	],
}

# Documents that carry a grade, and those that show a customer profile of their own.
GRADED = ("Lead", "Opportunity", "Customer")

# Fields that only the app writes: whatever a form, an import or REST sends for them is put back.
# (What of the stage may be asked for is not among them.)
STATE_FIELDS: dict[str, tuple[str, ...]] = {
	doctype: tuple(field["fieldname"] for field in fields if field.get("read_only"))
	for doctype, fields in CUSTOM_FIELDS.items()
}

# ERPNext looks these up on every save of a lead, and the app by which documents are of one company, without an
# index to help it. An index made with add_index is dropped at the next schema sync; one declared by a property
# setter stays.
INDEXED_FIELDS: tuple[tuple[str, str], ...] = (
	("Opportunity", "party_name"),
	("Lead", "customer"),
	("Customer", "lead_name"),
	("Customer", "prospect_name"),
	("Prospect Lead", "lead"),
	("Quotation", "opportunity"),
	("Quotation Item", "prevdoc_docname"),
	# A deal's contract is looked for by what it is about.
	("Contract", "document_name"),
	("Contract", "party_name"),
	# Duplicates are found by these; Frappe itself looks contacts up by their address without an index.
	("Customer", "tax_id"),
	("Contact Email", "email_id"),
)


# ERPNext's choices here begin with 1-10, which Frappe then writes into every new document that nobody has
# asked. With nothing to begin with, what is not known stays so (L4, P1).
OPEN_CHOICES: tuple[tuple[str, str], ...] = (
	("Lead", "no_of_employees"),
	("Prospect", "no_of_employees"),
	("Opportunity", "no_of_employees"),
)

# Where ERPNext shows its own fields, as (doctype, field, condition).
SHOWN_WHEN: tuple[tuple[str, str, str], ...] = (
	("Opportunity", "lost_detail_section", LOST_SHOWN),
	("Opportunity", "lost_reasons", LOST_SHOWN),
)

# What the clock looks for at every tick, and what a changed model finds its documents by. Schema sync leaves
# indexes of several columns alone; those with a column of ERPNext's outlive ours, so uninstall drops them all.
JOB_INDEXES: tuple[tuple[str, tuple[str, ...]], ...] = (
	("Lead", ("sf_first_touch_status", "sf_first_touch_due")),
	# Documents without a plan that should have one, and with one that should not (`jobs.follow_up_clock`).
	("Lead", ("status", "sf_next_touch_on", "sf_grade")),
	("Opportunity", ("status", "sf_next_touch_on", "sf_grade")),
	("Lead", ("sf_in_nurture", "sf_graded_on")),
	# My Day asks for a rep's own.
	("Lead", ("lead_owner", "sf_grade_stale")),
	("Opportunity", ("opportunity_owner", "sf_grade_stale")),
	# The clock of the stages, and what it finds past the gates (`jobs.stage_clock`, `jobs.stage_reconciling`).
	("Lead", ("sf_stage_late", "sf_stage_due")),
	("Opportunity", ("sf_stage_late", "sf_stage_due")),
	("Opportunity", ("sf_contract", "sf_contract_due")),
	("Follow Up", ("reference_doctype", "reference_name", "status")),
	("Follow Up", ("allocated_to", "status", "due_on")),
	("Follow Up", ("status", "late_on")),
	("Follow Up", ("status", "kind", "due_on")),
	("Follow Up", ("status", "escalated_on", "late_on")),
	("Follow Up", ("escalated_on", "digest_sent_on")),
	# Asked for at each change of a calendar event.
	("Follow Up", ("event", "status")),
	# My Day asks for the profiles that somebody has to review.
	("Customer Profile", ("responsible", "review_due")),
	("Customer Profile", ("responsible", "confirm_due")),
	# With their status, so that what waits is counted without a look at the documents.
	("Lead", ("sf_grade_stale", "sf_review_due", "status")),
	("Opportunity", ("sf_grade_stale", "sf_review_due", "status")),
	("Customer", ("sf_grade_stale", "sf_review_due")),
	*((doctype, ("sf_scoring_model", "sf_points", "sf_grade")) for doctype in GRADED),
)

# What the app relies on in its fields. The rest (label, place, visibility, further options) is the
# administrator's, who may change it in Customize Form.
RELIED_ON = ("fieldtype", "read_only", "no_copy", "search_index", "module")


def chained(fields: list[dict]) -> list[dict]:
	"""The fields, each placed after the one before it unless it says otherwise."""
	placed: list[dict] = []
	for field in fields:
		after = {"insert_after": placed[-1]["fieldname"]} if placed else {}
		placed.append({"module": MODULE, **after, **field})
	return placed
