"""The switchboard: which event or clock calls whom. No logic here."""

app_name = "salesflow_std"
app_title = "Salesflow Standard"
app_publisher = "Salesflow Standard maintainers"
app_description = "One sales standard from lead to renewal, carried out in ERPNext's own records"
app_email = "maintainers@example.com"
app_license = "GPL-3.0"
app_logo_url = "/assets/salesflow_std/images/logo.svg"

required_apps = ["erpnext"]

before_install = "salesflow_std.setup.install.before_install"
after_install = "salesflow_std.setup.install.after_install"
before_uninstall = "salesflow_std.setup.uninstall.before_uninstall"
after_uninstall = "salesflow_std.setup.uninstall.after_uninstall"
after_migrate = "salesflow_std.setup.install.after_migrate"

extend_bootinfo = "salesflow_std.setup.boot.extend_bootinfo"

app_include_css = "salesflow_std.bundle.css"
doctype_js = {
	"Lead": [
		"public/js/graded_form.js",
		"public/js/lead.js",
		"public/js/lead_handover.js",
		"public/js/customer_panel.js",
		"public/js/fit.js",
		"public/js/account_plan_links.js",
		"public/js/confirm_facts.js",
		"public/js/needs_links.js",
		"public/js/minutes_links.js",
		"public/js/proposal_links.js",
		"public/js/objection_help.js",
		"public/js/objections.js",
		"public/js/stage_links.js",
		"public/js/path_bar.js",
		"public/js/stage_field.js",
	],
	"Lead Handover": ["public/js/graded_form.js", "public/js/lead_handover.js"],
	"Opportunity": [
		"public/js/graded_form.js",
		"public/js/customer_panel.js",
		"public/js/fit.js",
		"public/js/confirm_facts.js",
		"public/js/needs_links.js",
		"public/js/minutes_links.js",
		"public/js/proposal_links.js",
		"public/js/objection_help.js",
		"public/js/objections.js",
		"public/js/stage_links.js",
		"public/js/path_bar.js",
		"public/js/stage_field.js",
		"public/js/contract_making.js",
		"public/js/lost_deal.js",
	],
	"Customer": [
		"public/js/graded_form.js",
		"public/js/customer_panel.js",
		"public/js/fit.js",
		"public/js/account_plan_links.js",
		"public/js/duplicates.js",
		"public/js/confirm_facts.js",
		"public/js/needs_links.js",
		"public/js/minutes_links.js",
		"public/js/proposal_links.js",
		"public/js/objection_help.js",
		"public/js/objections.js",
		"public/js/complaint.js",
		"public/js/referral.js",
		"public/js/customer_tier.js",
		"public/js/customer_care.js",
	],
	"Prospect": [
		"public/js/customer_panel.js",
		"public/js/fit.js",
		"public/js/account_plan_links.js",
		"public/js/duplicates.js",
		"public/js/confirm_facts.js",
		"public/js/needs_links.js",
		"public/js/minutes_links.js",
		"public/js/proposal_links.js",
		"public/js/objection_help.js",
		"public/js/objections.js",
	],
	"Contact": ["public/js/people.js", "public/js/duplicates.js"],
	"Needs Record": [
		"public/js/graded_form.js",
		"public/js/customer_panel.js",
		"public/js/versioned_form.js",
		"public/js/needs_record.js",
		"public/js/needs_confirmation.js",
		"public/js/proposal_links.js",
	],
	"Solution Proposal": [
		"public/js/graded_form.js",
		"public/js/versioned_form.js",
		"public/js/solution_proposal.js",
		"public/js/proposal_coverage.js",
		"public/js/proposal_items.js",
		"public/js/proposal_corrections.js",
		"public/js/proposal_versions.js",
		"public/js/proposal_review.js",
		"public/js/minutes_links.js",
		"public/js/objection_help.js",
		"public/js/objections.js",
	],
	"Satisfaction Survey": [
		"public/js/graded_form.js",
		"public/js/versioned_form.js",
		"public/js/referral.js",
	],
	"Sales Order": [
		"public/js/order_gate.js",
		"public/js/delivery_links.js",
		"public/js/acceptance_links.js",
	],
	"Project": [
		"public/js/graded_form.js",
		"public/js/versioned_form.js",
		"public/js/project_sync.js",
		"public/js/acceptance_links.js",
	],
	"Acceptance Report": ["public/js/graded_form.js", "public/js/versioned_form.js"],
	"Loss Analysis": ["public/js/graded_form.js", "public/js/versioned_form.js"],
	"Sales Review": ["public/js/graded_form.js", "public/js/versioned_form.js"],
	"Coaching Record": ["public/js/graded_form.js", "public/js/versioned_form.js"],
	"Delivery Sync": ["public/js/graded_form.js", "public/js/versioned_form.js"],
	"Delivery Handover": [
		"public/js/graded_form.js",
		"public/js/versioned_form.js",
		"public/js/acceptance_links.js",
	],
	"Quotation": [
		"public/js/quotation.js",
		"public/js/objection_help.js",
		"public/js/objections.js",
		"public/js/graded_form.js",
		"public/js/stage_links.js",
		"public/js/path_bar.js",
		"public/js/contract_making.js",
		"public/js/lost_deal.js",
	],
	"Contract": [
		"public/js/contract.js",
		"public/js/delivery_links.js",
		"public/js/acceptance_links.js",
		"public/js/renewal.js",
	],
	"Issue": ["public/js/graded_form.js", "public/js/complaint.js"],
	"Event": "public/js/minutes_links.js",
	"Account Plan": "public/js/customer_panel.js",
	"Customer Profile": ["public/js/customer_panel.js", "public/js/confirm_facts.js"],
	"Objection": "public/js/objection_help.js",
	"Scoring Model": "public/js/shipped_default.js",
	"Cadence Policy": "public/js/shipped_default.js",
	"Survey Template": "public/js/shipped_default.js",
	"KPI Scheme": "public/js/shipped_default.js",
	"Sales Process": ["public/js/process_preview.js", "public/js/shipped_default.js"],
}
doctype_list_js = {
	"Contract": "public/js/contract_list.js",
	"Issue": "public/js/issue_list.js",
	"Lead": ["public/js/graded_list.js", "public/js/lead_list.js", "public/js/tagged_list.js"],
	"Opportunity": "public/js/graded_list.js",
	"Customer": [
		"public/js/graded_list.js",
		"public/js/tagged_list.js",
		"public/js/customer_tier.js",
		"public/js/customer_tier_list.js",
	],
	"Prospect": "public/js/tagged_list.js",
	"Needs Record": "public/js/list_views.js",
	"Solution Proposal": "public/js/list_views.js",
}

override_doctype_dashboards = {
	"Lead": "salesflow_std.overrides.connections.of_lead",
	"Opportunity": "salesflow_std.overrides.connections.of_opportunity",
	"Prospect": "salesflow_std.overrides.connections.of_prospect",
	"Customer": "salesflow_std.overrides.connections.of_customer",
	"Sales Order": "salesflow_std.overrides.connections.of_sales_order",
	"Project": "salesflow_std.overrides.connections.of_project",
}

page_renderer = [
	"salesflow_std.api.confirmation.ConfirmationPage",
	"salesflow_std.api.survey.SurveyPage",
]

doc_events = {
	"Lead": {
		"before_validate": "salesflow_std.overrides.staged.before_validate",
		"validate": [
			"salesflow_std.overrides.lead.validate",
			"salesflow_std.overrides.referred.lead_validate",
			"salesflow_std.overrides.fitted.validate",
			"salesflow_std.overrides.staged.validate",
		],
		"on_update": [
			"salesflow_std.overrides.staged.on_update",
			"salesflow_std.overrides.planned.on_update",
			"salesflow_std.overrides.profiled.on_update",
		],
		"before_change": "salesflow_std.overrides.staged.before_change",
		"on_change": [
			"salesflow_std.overrides.staged.on_change",
			"salesflow_std.overrides.planned.on_change",
			"salesflow_std.salesflow_std.handover.lead_changed",
			"salesflow_std.overrides.referred.lead_on_change",
		],
		"after_rename": [
			"salesflow_std.overrides.graded.after_rename",
			"salesflow_std.overrides.planned.after_rename",
			"salesflow_std.salesflow_std.handover.after_rename",
			"salesflow_std.overrides.profiled.after_rename",
			"salesflow_std.salesflow_std.objections.document_renamed",
		],
		"on_trash": [
			"salesflow_std.overrides.graded.on_trash",
			"salesflow_std.overrides.planned.on_trash",
			"salesflow_std.salesflow_std.handover.on_trash",
			"salesflow_std.salesflow_std.objections.document_deleted",
			"salesflow_std.overrides.staged.on_trash",
		],
		"before_rename": "salesflow_std.overrides.profiled.before_rename",
		"after_delete": "salesflow_std.overrides.profiled.after_delete",
	},
	"Opportunity": {
		"before_validate": [
			"salesflow_std.overrides.staged.before_validate",
			"salesflow_std.overrides.opportunity.before_validate",
		],
		"validate": [
			"salesflow_std.overrides.opportunity.validate",
			"salesflow_std.overrides.staged.validate",
			"salesflow_std.overrides.lost.validate",
		],
		"on_update": [
			"salesflow_std.overrides.staged.on_update",
			"salesflow_std.overrides.opportunity.on_update",
			"salesflow_std.overrides.planned.on_update",
			"salesflow_std.overrides.profiled.opportunity_on_update",
		],
		"before_change": [
			"salesflow_std.overrides.staged.before_change",
			"salesflow_std.overrides.lost.before_change",
		],
		"on_change": [
			"salesflow_std.overrides.staged.on_change",
			"salesflow_std.overrides.planned.on_change",
			"salesflow_std.overrides.referred.opportunity_on_change",
		],
		"after_rename": [
			"salesflow_std.overrides.graded.after_rename",
			"salesflow_std.overrides.planned.after_rename",
			"salesflow_std.salesflow_std.objections.document_renamed",
		],
		"on_trash": [
			"salesflow_std.overrides.graded.on_trash",
			"salesflow_std.overrides.planned.on_trash",
			"salesflow_std.salesflow_std.objections.document_deleted",
			"salesflow_std.overrides.staged.on_trash",
		],
	},
	"Customer": {
		"before_insert": "salesflow_std.overrides.profiled.before_insert",
		"validate": [
			"salesflow_std.overrides.graded.validate",
			"salesflow_std.overrides.fitted.validate",
			"salesflow_std.overrides.same_company.validate",
			"salesflow_std.overrides.tiered.validate",
			"salesflow_std.overrides.staged.customer_validate",
		],
		"after_insert": "salesflow_std.overrides.customer.after_insert",
		"on_update": [
			"salesflow_std.overrides.profiled.on_update",
			"salesflow_std.overrides.staged.customer_on_update",
			"salesflow_std.overrides.customer.on_update",
		],
		"before_rename": "salesflow_std.overrides.profiled.before_rename",
		"after_delete": "salesflow_std.overrides.profiled.after_delete",
		"after_rename": [
			"salesflow_std.overrides.graded.after_rename",
			"salesflow_std.overrides.customer.after_rename",
			"salesflow_std.overrides.profiled.after_rename",
			"salesflow_std.salesflow_std.objections.document_renamed",
		],
		"on_trash": [
			"salesflow_std.overrides.graded.on_trash",
			"salesflow_std.overrides.planned.on_trash",
			"salesflow_std.salesflow_std.objections.document_deleted",
			"salesflow_std.overrides.staged.on_trash",
		],
	},
	"Prospect": {
		"validate": [
			"salesflow_std.overrides.graded.validate",
			"salesflow_std.overrides.fitted.validate",
			"salesflow_std.overrides.same_company.validate",
		],
		"on_update": "salesflow_std.overrides.profiled.on_update",
		"before_rename": "salesflow_std.overrides.profiled.before_rename",
		"after_rename": [
			"salesflow_std.overrides.profiled.after_rename",
			"salesflow_std.salesflow_std.objections.document_renamed",
		],
		"on_trash": "salesflow_std.salesflow_std.objections.document_deleted",
		"after_delete": "salesflow_std.overrides.profiled.after_delete",
	},
	"Customer Profile": {"on_update": "salesflow_std.overrides.fitted.profile_changed"},
	"Customer Tag": {
		"on_update": "salesflow_std.overrides.fitted.tag_changed",
		"after_rename": "salesflow_std.overrides.fitted.renamed",
	},
	"Customer Tag Category": {"on_update": "salesflow_std.overrides.fitted.tag_changed"},
	"Industry Type": {"after_rename": "salesflow_std.overrides.fitted.renamed"},
	"Territory": {
		"on_update": "salesflow_std.overrides.fitted.territory_changed",
		"after_rename": "salesflow_std.overrides.fitted.territory_changed",
		"after_delete": "salesflow_std.overrides.fitted.territory_changed",
	},
	"Contact": {
		"validate": "salesflow_std.overrides.contact.validate",
		"on_trash": "salesflow_std.overrides.contact.on_trash",
	},
	"Needs Record": {
		"before_print": "salesflow_std.salesflow_std.needs_report.before_print",
	},
	"Proposal Review": {
		"before_print": "salesflow_std.salesflow_std.review_record.before_print",
	},
	"Quotation": {
		"validate": [
			"salesflow_std.overrides.quotation.validate",
			"salesflow_std.overrides.lost.quotation_validate",
		],
		"before_change": "salesflow_std.overrides.lost.quotation_before_change",
		"before_submit": "salesflow_std.overrides.quotation.before_submit",
		"before_update_after_submit": [
			"salesflow_std.overrides.quotation.before_update_after_submit",
			"salesflow_std.overrides.lost.quotation_validate",
		],
		"before_print": "salesflow_std.overrides.quotation.before_print",
		"on_trash": "salesflow_std.salesflow_std.objections.about_deleted",
	},
	"Sales Order": {
		"validate": "salesflow_std.overrides.sales_order.validate",
		"before_submit": "salesflow_std.overrides.sales_order.before_submit",
		"before_update_after_submit": "salesflow_std.overrides.sales_order.before_update_after_submit",
		"on_submit": "salesflow_std.overrides.sales_order.on_submit",
		"on_cancel": "salesflow_std.overrides.sales_order.on_cancel",
	},
	"Project": {
		"validate": "salesflow_std.overrides.project.validate",
		"on_update": "salesflow_std.overrides.project.on_update",
	},
	"Sales Invoice": {
		"on_submit": "salesflow_std.overrides.payments.invoice_changed",
		"on_cancel": "salesflow_std.overrides.payments.invoice_changed",
	},
	"Payment Entry": {
		"on_submit": "salesflow_std.overrides.payments.payment_changed",
		"on_update_after_submit": "salesflow_std.overrides.payments.payment_changed",
		"on_cancel": "salesflow_std.overrides.payments.payment_changed",
	},
	"Journal Entry": {
		"on_submit": "salesflow_std.overrides.payments.journal_changed",
		"on_update_after_submit": "salesflow_std.overrides.payments.journal_changed",
		"on_cancel": "salesflow_std.overrides.payments.journal_changed",
	},
	"Unreconcile Payment": {"on_submit": "salesflow_std.overrides.payments.unreconciled"},
	"Contract": {
		"validate": "salesflow_std.overrides.contract.validate",
		"before_submit": "salesflow_std.overrides.contract.before_submit",
		"before_update_after_submit": "salesflow_std.overrides.contract.before_update_after_submit",
		"before_cancel": "salesflow_std.overrides.contract.before_cancel",
		"on_update": "salesflow_std.overrides.contract.saved",
		"on_update_after_submit": "salesflow_std.overrides.contract.saved",
		"on_cancel": "salesflow_std.overrides.contract.saved",
		"on_trash": "salesflow_std.overrides.contract.on_trash",
	},
	"Contract Review": {"before_print": "salesflow_std.salesflow_std.contract_review_record.before_print"},
	"Email Queue": {"before_insert": "salesflow_std.overrides.outgoing.before_queue"},
	"Solution Proposal": {
		"before_print": "salesflow_std.salesflow_std.proposal_report.before_print",
		"on_trash": "salesflow_std.salesflow_std.objections.about_deleted",
	},
	"Communication": {
		"before_insert": "salesflow_std.overrides.outgoing.before_communication",
		"validate": "salesflow_std.overrides.quoted_link.validate",
		"on_update": "salesflow_std.overrides.communication.on_update",
		"on_change": "salesflow_std.overrides.communication.on_change",
	},
	"Event": {
		"on_update": "salesflow_std.overrides.event.on_update",
		"on_trash": "salesflow_std.overrides.event.on_trash",
	},
	"Issue": {
		"before_insert": "salesflow_std.overrides.issue.before_insert",
		"validate": "salesflow_std.overrides.issue.validate",
		"before_change": "salesflow_std.overrides.issue.before_change",
		"on_change": "salesflow_std.overrides.issue.on_change",
		"on_trash": "salesflow_std.overrides.issue.on_trash",
	},
	"Call Log": {"on_update": "salesflow_std.overrides.call_log.on_update"},
	"Email Unsubscribe": {"after_insert": "salesflow_std.overrides.email_unsubscribe.after_insert"},
	"User": {
		"on_update": "salesflow_std.overrides.user.on_update",
		"on_trash": "salesflow_std.overrides.user.on_trash",
	},
	"Employee": {"on_update": "salesflow_std.overrides.user.on_employee_update"},
	"Salesflow Settings": {
		"on_update": [
			"salesflow_std.salesflow_std.keeping.settings_changed",
			"salesflow_std.overrides.fitted.settings_changed",
		],
	},
	"Sales Process": {
		"on_update": [
			"salesflow_std.salesflow_std.processes.forget",
			"salesflow_std.salesflow_std.stage_limits.process_changed",
		],
		"after_rename": "salesflow_std.salesflow_std.processes.forget",
		"after_delete": "salesflow_std.salesflow_std.processes.deleted",
	},
	"Sales Stage": {
		"after_rename": [
			"salesflow_std.salesflow_std.processes.stage_renamed",
			"salesflow_std.setup.shipped_defaults.after_rename",
		]
	},
	"Lead Source": {"after_rename": "salesflow_std.setup.shipped_defaults.after_rename"},
	"Kanban Board": {"after_rename": "salesflow_std.setup.shipped_defaults.after_rename"},
	**{
		doctype: dict.fromkeys(("on_update", "after_delete"), "salesflow_std.setup.boot.forget")
		for doctype in ("Number Card", "Dashboard Chart", "Workspace")
	},
	"Holiday List": {"on_update": "salesflow_std.overrides.holiday_list.on_update"},
	"ToDo": {
		"on_update": "salesflow_std.overrides.todo.on_update",
		"on_trash": "salesflow_std.overrides.todo.on_trash",
	},
}

# These write a status past every event.
override_whitelisted_methods = {
	"erpnext.support.doctype.issue.issue.set_status": "salesflow_std.api.complaint.set_status",
	"erpnext.support.doctype.issue.issue.set_multiple_status": "salesflow_std.api.complaint.set_multiple_status",
}

scheduler_events = {
	"all": [
		"salesflow_std.jobs.grade_clock.tick",
		"salesflow_std.jobs.follow_up_clock.tick",
		"salesflow_std.jobs.needs_clock.tick",
		"salesflow_std.jobs.review_clock.tick",
		"salesflow_std.jobs.objection_clock.tick",
		"salesflow_std.jobs.handover_clock.tick",
		"salesflow_std.jobs.stage_clock.tick",
		"salesflow_std.jobs.closing_clock.tick",
		"salesflow_std.jobs.survey_clock.tick",
		"salesflow_std.jobs.sync_clock.tick",
		"salesflow_std.jobs.complaint_clock.tick",
		"salesflow_std.jobs.loss_clock.tick",
	],
	"hourly_long": [
		"salesflow_std.jobs.escalation_digest.run",
		"salesflow_std.jobs.nurture_pool.run",
		"salesflow_std.jobs.fit_targets.restart",
		"salesflow_std.jobs.stage_reconciling.run",
		"salesflow_std.jobs.lost_dates.run",
		"salesflow_std.jobs.renewal_clock.run",
		"salesflow_std.jobs.care_clock.catch_up",
		"salesflow_std.jobs.kpi_clock.run",
		"salesflow_std.jobs.sales_review_clock.tick",
	],
	"daily_long": [
		"salesflow_std.jobs.opportunity_grading.run",
		"salesflow_std.jobs.fit_targets.daily",
		"salesflow_std.jobs.account_plan_reviews.run",
		"salesflow_std.jobs.profile_clock.run",
		"salesflow_std.jobs.needs_clock.clear_old_links",
		"salesflow_std.jobs.customer_standing.run",
		"salesflow_std.jobs.care_clock.daily",
		"salesflow_std.jobs.goal_clock.run",
		"salesflow_std.jobs.sales_review_clock.daily",
	],
}

permission_query_conditions = {
	"Sales Goal": "salesflow_std.salesflow_std.doctype.sales_goal.sales_goal.permission_query_conditions",
	"Sales Target Plan": "salesflow_std.salesflow_std.doctype.sales_target_plan.sales_target_plan.permission_query_conditions",
	"KPI Score": "salesflow_std.salesflow_std.doctype.kpi_score.kpi_score.permission_query_conditions",
	"Sales Review": "salesflow_std.salesflow_std.doctype.sales_review.sales_review.permission_query_conditions",
	"Coaching Record": "salesflow_std.salesflow_std.doctype.coaching_record.coaching_record.permission_query_conditions",
	"Sales Target Share": "salesflow_std.salesflow_std.doctype.sales_target_plan.sales_target_plan.share_query_conditions",
	"Sales Target Line": "salesflow_std.salesflow_std.doctype.sales_target_plan.sales_target_plan.line_query_conditions",
	"KPI Score Line": "salesflow_std.salesflow_std.doctype.kpi_score.kpi_score.line_query_conditions",
	"Sales Review Progress": "salesflow_std.salesflow_std.doctype.sales_review.sales_review.progress_query_conditions",
	"Sales Review Reason": "salesflow_std.salesflow_std.doctype.sales_review.sales_review.reason_query_conditions",
	"Sales Review Deal": "salesflow_std.salesflow_std.doctype.sales_review.sales_review.deal_query_conditions",
	"Sales Review Action": "salesflow_std.salesflow_std.doctype.sales_review.sales_review.action_query_conditions",
	"Issue": "salesflow_std.salesflow_std.complaint_access.conditions",
	"Contract": "salesflow_std.salesflow_std.contract_access.conditions",
	"Delivery Handover": "salesflow_std.salesflow_std.doctype.delivery_handover.delivery_handover.permission_query_conditions",
	"Handover Receiver": "salesflow_std.salesflow_std.delivery_access.receiver_conditions",
	"Handover Document": "salesflow_std.salesflow_std.delivery_access.document_conditions",
	"Handover Contact": "salesflow_std.salesflow_std.delivery_access.contact_conditions",
	"Satisfaction Survey": "salesflow_std.salesflow_std.doctype.satisfaction_survey.satisfaction_survey.permission_query_conditions",
	"Survey Answer": "salesflow_std.salesflow_std.survey_access.answer_conditions",
	"Acceptance Report": "salesflow_std.salesflow_std.doctype.acceptance_report.acceptance_report.permission_query_conditions",
	"Acceptance Item": "salesflow_std.salesflow_std.acceptance_access.item_conditions",
	"Acceptance Point": "salesflow_std.salesflow_std.acceptance_access.point_conditions",
	"Loss Analysis": "salesflow_std.salesflow_std.doctype.loss_analysis.loss_analysis.permission_query_conditions",
	"Loss Cause": "salesflow_std.salesflow_std.loss_access.cause_conditions",
	"Delivery Sync": "salesflow_std.salesflow_std.doctype.delivery_sync.delivery_sync.permission_query_conditions",
	"Delivery Sync Risk": "salesflow_std.salesflow_std.sync_access.risk_conditions",
	"Delivery Sync Promise": "salesflow_std.salesflow_std.sync_access.promise_conditions",
	"Solution Proposal": "salesflow_std.salesflow_std.doctype.solution_proposal.solution_proposal.permission_query_conditions",
	"Proposal Answer": "salesflow_std.salesflow_std.doctype.solution_proposal.solution_proposal.answer_query_conditions",
	"Proposal Item": "salesflow_std.salesflow_std.doctype.solution_proposal.solution_proposal.item_query_conditions",
	"Proposal Correction": "salesflow_std.salesflow_std.doctype.solution_proposal.solution_proposal.correction_query_conditions",
	"Proposal Review": "salesflow_std.salesflow_std.doctype.proposal_review.proposal_review.permission_query_conditions",
	"Review Opinion": "salesflow_std.salesflow_std.doctype.proposal_review.proposal_review.opinion_query_conditions",
	"Review Comment": "salesflow_std.salesflow_std.doctype.proposal_review.proposal_review.comment_query_conditions",
	"Quotation Override": "salesflow_std.salesflow_std.doctype.quotation_override.quotation_override.permission_query_conditions",
	"Contract Review": "salesflow_std.salesflow_std.doctype.contract_review.contract_review.permission_query_conditions",
	"Contract Review Clause": "salesflow_std.salesflow_std.doctype.contract_review.contract_review.clause_query_conditions",
	"Objection": "salesflow_std.salesflow_std.doctype.objection.objection.permission_query_conditions",
	"Meeting Minutes": "salesflow_std.salesflow_std.doctype.meeting_minutes.meeting_minutes.permission_query_conditions",
	"Minutes Participant": "salesflow_std.salesflow_std.doctype.meeting_minutes.meeting_minutes.participant_query_conditions",
	"Minutes Feedback": "salesflow_std.salesflow_std.doctype.meeting_minutes.meeting_minutes.feedback_query_conditions",
	"Minutes Action": "salesflow_std.salesflow_std.doctype.meeting_minutes.meeting_minutes.action_query_conditions",
	"Customer Profile": "salesflow_std.salesflow_std.doctype.customer_profile.customer_profile.permission_query_conditions",
	"Needs Record": "salesflow_std.salesflow_std.doctype.needs_record.needs_record.permission_query_conditions",
	"Account Plan": "salesflow_std.salesflow_std.doctype.account_plan.account_plan.permission_query_conditions",
	"Decision Chain Member": "salesflow_std.salesflow_std.doctype.customer_profile.customer_profile.chain_query_conditions",
	"Customer Tag Link": "salesflow_std.salesflow_std.doctype.customer_profile.customer_profile.tag_query_conditions",
	"Customer Need": "salesflow_std.salesflow_std.doctype.needs_record.needs_record.need_query_conditions",
	"Needs Answer": "salesflow_std.salesflow_std.doctype.needs_record.needs_record.answer_query_conditions",
	"Account Plan Action": "salesflow_std.salesflow_std.doctype.account_plan.account_plan.action_query_conditions",
	"Account Plan Competitor": "salesflow_std.salesflow_std.doctype.account_plan.account_plan.competitor_query_conditions",
	"Account Plan Review": "salesflow_std.salesflow_std.doctype.account_plan.account_plan.review_query_conditions",
	"BNAU Score": "salesflow_std.salesflow_std.doctype.bnau_score.bnau_score.permission_query_conditions",
	"Follow Up": "salesflow_std.salesflow_std.doctype.follow_up.follow_up.permission_query_conditions",
	"Lead Handover": "salesflow_std.salesflow_std.doctype.lead_handover.lead_handover.permission_query_conditions",
	"Rep Absence": "salesflow_std.salesflow_std.doctype.rep_absence.rep_absence.permission_query_conditions",
	"BNAU Score Line": "salesflow_std.salesflow_std.doctype.bnau_score.bnau_score.line_query_conditions",
	"Stage Transition": "salesflow_std.salesflow_std.doctype.stage_transition.stage_transition.permission_query_conditions",
}
has_permission = {
	"Sales Goal": "salesflow_std.salesflow_std.doctype.sales_goal.sales_goal.has_permission",
	"Sales Target Plan": "salesflow_std.salesflow_std.doctype.sales_target_plan.sales_target_plan.has_permission",
	"KPI Score": "salesflow_std.salesflow_std.doctype.kpi_score.kpi_score.has_permission",
	"Sales Review": "salesflow_std.salesflow_std.doctype.sales_review.sales_review.has_permission",
	"Coaching Record": "salesflow_std.salesflow_std.doctype.coaching_record.coaching_record.has_permission",
	"Issue": "salesflow_std.salesflow_std.complaint_access.allows",
	"Contract": "salesflow_std.salesflow_std.contract_access.allows",
	"Delivery Handover": "salesflow_std.salesflow_std.doctype.delivery_handover.delivery_handover.has_permission",
	"Satisfaction Survey": "salesflow_std.salesflow_std.doctype.satisfaction_survey.satisfaction_survey.has_permission",
	"Acceptance Report": "salesflow_std.salesflow_std.doctype.acceptance_report.acceptance_report.has_permission",
	"Loss Analysis": "salesflow_std.salesflow_std.doctype.loss_analysis.loss_analysis.has_permission",
	"Delivery Sync": "salesflow_std.salesflow_std.doctype.delivery_sync.delivery_sync.has_permission",
	"Quotation": "salesflow_std.overrides.quotation.has_permission",
	"Solution Proposal": "salesflow_std.salesflow_std.doctype.solution_proposal.solution_proposal.has_permission",
	"Proposal Review": "salesflow_std.salesflow_std.doctype.proposal_review.proposal_review.has_permission",
	"Quotation Override": "salesflow_std.salesflow_std.doctype.quotation_override.quotation_override.has_permission",
	"Contract Review": "salesflow_std.salesflow_std.doctype.contract_review.contract_review.has_permission",
	"Objection": "salesflow_std.salesflow_std.doctype.objection.objection.has_permission",
	"Meeting Minutes": "salesflow_std.salesflow_std.doctype.meeting_minutes.meeting_minutes.has_permission",
	"Customer Profile": "salesflow_std.salesflow_std.doctype.customer_profile.customer_profile.has_permission",
	"Needs Record": "salesflow_std.salesflow_std.doctype.needs_record.needs_record.has_permission",
	"Account Plan": "salesflow_std.salesflow_std.doctype.account_plan.account_plan.has_permission",
	"BNAU Score": "salesflow_std.salesflow_std.doctype.bnau_score.bnau_score.has_permission",
	"Follow Up": "salesflow_std.salesflow_std.doctype.follow_up.follow_up.has_permission",
	"Lead Handover": "salesflow_std.salesflow_std.doctype.lead_handover.lead_handover.has_permission",
	"Rep Absence": "salesflow_std.salesflow_std.doctype.rep_absence.rep_absence.has_permission",
	"Stage Transition": "salesflow_std.salesflow_std.doctype.stage_transition.stage_transition.has_permission",
}
# With ERPNext's own, which says whose it is.
has_website_permission = {"Quotation": "salesflow_std.overrides.quotation.has_website_permission"}

ignore_links_on_delete = [
	"Quotation Override",
	"BNAU Score",
	"Follow Up",
	"Lead Handover",
	"Public Link",
	"Stage Transition",
]
