"""A proposal's way through its review: request, opinions, recall, versions, withdrawal, and who may what (S2)."""

from __future__ import annotations

import frappe
import pytest

from salesflow_std.salesflow_std import proposals, reviews, reviews_day
from tests.site import records, review_cases, talks
from tests.site.review_cases import SCORES, asked, notices_of, only, rule, state, status
from tests.site.test_review_rules import permit, second_company

REQUEST, OPEN = "salesflow_std.api.review.request", review_cases.OPEN
TAKE_BACK, DECIDE = "salesflow_std.api.review.take_back", review_cases.DECIDE
DELEGATE, RECALL = "salesflow_std.api.review.delegate", "salesflow_std.api.review.recall"
WITHDRAW, SHEET = "salesflow_std.api.review.withdraw", "salesflow_std.api.review.sheet"
WAITING = "salesflow_std.api.review.waiting"


@pytest.fixture
def product(make_user):
	return make_user("Product Reviewer", full_name="The Engineer")


@pytest.fixture
def legal(make_user):
	return make_user("Legal Reviewer", full_name="The Lawyer")


@pytest.fixture
def rules(manager, product, legal):
	"""Sales, product and legal, one person each, concerned as shipped."""

	def concerns(*parts):
		return {f"concerns_{part}": int(part in parts) for part in ("solution", "items", "price", "terms")}

	made = (
		rule("Sales", manager, **concerns("items", "price", "terms")),
		rule("Product", product, **concerns("solution", "items")),
		rule("Legal", legal, **concerns("price", "terms")),
	)
	only(*made)
	return made


@pytest.fixture
def proposal(rep):
	return review_cases.proposal(rep)


@pytest.fixture
def opened(call, as_user, manager, rules, proposal):
	"""The name of an open review."""
	with as_user(manager):
		return call(OPEN, proposal=proposal.name, note="The customer decides on Friday.")


@pytest.fixture
def says(call, as_user):
	return lambda *args, **more: review_cases.says(call, as_user, *args, **more)


def mails_to(user):
	return [mail for mail in talks.mails() if mail.to == [user]]


# The way --------------------------------------------------------------------------------------------------


def test_from_the_request_to_the_approval(call, as_user, says, rep, manager, product, legal, rules, proposal):
	with as_user(rep):
		assert call(REQUEST, proposal=proposal.name, note="Please soon")["status"] == "Review Requested"
		assert call(REQUEST, proposal=proposal.name)["status"] == "Review Requested"
		with pytest.raises(frappe.PermissionError, match="sales manager"):
			call(OPEN, proposal=proposal.name)
	assert len(notices_of(manager)) == 1 and "The Rep asks for the review" in notices_of(manager)[0]
	(mail,) = mails_to(manager)
	assert f"/app/solution-proposal/{proposal.name}" in mail.text and "Please soon" in mail.text
	with as_user(manager):
		review = call(OPEN, proposal=proposal.name)
		assert call(OPEN, proposal=proposal.name) == review
	assert status(proposal) == "In Review" and records.state(proposal, "proposal_review") == review
	assert asked(review) == {"Legal": [legal], "Product": [product], "Sales": [manager]}
	(mail,) = mails_to(product)
	assert f"/app/my-reviews/{review}" in mail.text and len(notices_of(product)) == 1
	assert "Product" in mail.text and "9,000" in mail.text

	says(product, review)
	says(manager, review)
	assert (state(review).status, status(proposal)) == ("Open", "In Review")
	assert says(legal, review)["status"] == "Approved"
	assert status(proposal) == "Approved" and records.state(proposal, "approved_on")
	closed = state(review)
	assert closed.closed_on and closed.fingerprint == records.state(proposal, "fingerprint")
	row = next(row for row in closed.opinions if row.asked == legal)
	assert (row.feasibility, row.price, row.compliance, row.decision) == (4, 3, 5, "Approve")
	assert any("is approved" in notice for notice in notices_of(rep))
	assert any("is approved" in notice for notice in notices_of(manager))
	with pytest.raises(frappe.ValidationError, match="not open"):
		says(legal, review, "Reject")


def test_a_request_is_taken_back_or_sent_back(call, as_user, rep, manager, rules, proposal):
	with as_user(rep):
		call(REQUEST, proposal=proposal.name)
		assert call(TAKE_BACK, proposal=proposal.name)["status"] == "Draft"
		call(REQUEST, proposal=proposal.name)
	with as_user(manager):
		call(TAKE_BACK, proposal=proposal.name, reason="The delivery period is too short.")
	assert "has sent back" in notices_of(rep)[-1]
	with as_user(manager):
		call(OPEN, proposal=proposal.name)
	with as_user(rep), pytest.raises(frappe.ValidationError, match="No review is requested"):
		call(TAKE_BACK, proposal=proposal.name)


def test_what_is_incomplete_is_not_reviewed(call, as_user, manager, rep, rules):
	incomplete = review_cases.proposal(rep, solution="", delivery_period="")
	with as_user(manager), pytest.raises(frappe.ValidationError) as refused:
		call(OPEN, proposal=incomplete.name)
	assert "The solution is not described" in str(refused.value)
	assert f"/app/solution-proposal/{incomplete.name}" in str(refused.value)
	assert status(incomplete) == "Draft" and not frappe.db.exists(
		"Proposal Review", {"proposal": incomplete.name}
	)


def test_reps_open_reviews_where_the_settings_say_so(call, as_user, rep, rules, proposal):
	frappe.db.set_single_value("Salesflow Settings", "reps_open_reviews", 1)
	with as_user(rep):
		assert state(call(OPEN, proposal=proposal.name)).opened_by == rep


def test_where_no_rule_asks_the_system_approves_and_says_so(call, as_user, manager, proposal):
	only()
	with as_user(manager):
		review = state(call(OPEN, proposal=proposal.name))
	assert (review.status, status(proposal)) == ("Approved", "Approved") and not review.opinions
	assert "No rule asks" in review.closing_reason
	assert frappe.db.exists("Comment", {"reference_name": review.name, "content": ("like", "%No rule asks%")})


def test_one_veto_closes_the_review(says, rep, opened, proposal, legal, product):
	says(product, opened)
	assert says(legal, opened, "Reject")["status"] == "Rejected"
	assert status(proposal) == "Rejected"
	assert "Because of the terms." in state(opened).closing_reason
	assert any("is rejected" in notice for notice in notices_of(rep))
	(mail,) = [mail for mail in mails_to(rep) if "rejected" in mail.subject]
	assert "Because of the terms." in mail.text and "The Lawyer" in mail.text


def test_changes_are_asked_for_when_all_have_spoken(says, opened, proposal, manager, legal, product):
	says(legal, opened, "Change")
	assert state(opened).status == "Open"
	says(product, opened)
	assert says(manager, opened)["status"] == "Changes Asked" and status(proposal) == "Changes Asked"


def test_an_opinion_may_be_changed_while_the_review_is_open(says, opened, proposal, manager, legal, product):
	says(legal, opened, "Change", comments=[{"about": "Terms", "comment": "Liability is missing"}])
	says(legal, opened, comments=[])
	review = state(opened)
	assert [row.decision for row in review.opinions if row.asked == legal] == ["Approve"]
	assert not review.comments
	says(product, opened)
	assert says(manager, opened)["status"] == "Approved"


def test_a_quorum_of_two_of_three(call, as_user, says, make_user, proposal, manager):
	three = [make_user("Product Reviewer") for _ in range(3)]
	only(rule("Product", *three, quorum=2))
	with as_user(manager):
		review = call(OPEN, proposal=proposal.name)
	says(three[0], review)
	says(three[1], review, "Change")
	assert state(review).status == "Open"
	assert says(three[2], review)["status"] == "Approved"


def test_all_of_the_group_where_the_quorum_is_nought(call, as_user, says, make_user, proposal, manager):
	two = [make_user("Product Reviewer") for _ in range(2)]
	only(rule("Product", *two, quorum=0))
	with as_user(manager):
		review = call(OPEN, proposal=proposal.name)
	assert says(two[0], review)["status"] == "Open"
	assert says(two[1], review)["status"] == "Approved"


def test_one_person_for_two_functions_decides_once_or_each(call, as_user, says, proposal, manager, product):
	only(rule("Product", product), rule("Finance", product))
	with as_user(manager):
		review = call(OPEN, proposal=proposal.name)
	assert asked(review) == {"Finance": [product], "Product": [product]}
	assert len(mails_to(product)) == 1
	assert says(product, review, function="Finance")["status"] == "Open"
	assert says(product, review, function="Product")["status"] == "Approved"


# What an opinion holds ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("given", "words"),
	[
		({"decision": "Perhaps"}, "Approve, ask for a change"),
		({"feasibility": 0}, "feasibility"),
		({"price": 6}, "price"),
		({"decision": "Change", "reason": " "}, "Say why"),
		({"comments": [{"about": "Item", "row_key": "none", "comment": "?"}]}, "does not have"),
		({"comments": [{"about": "Weather", "comment": "?"}]}, "does not have"),
		({"comments": {"about": "Terms"}}, "list"),
	],
)
def test_an_opinion_that_is_incomplete_is_refused(says, opened, legal, given, words):
	with pytest.raises(frappe.ValidationError, match=words):
		says(legal, opened, **{"decision": "Approve", **given})
	assert not any(row.decision for row in state(opened).opinions)


def test_comments_stand_at_the_rows_of_the_proposal(says, opened, proposal, legal):
	need, item = proposal.answers[0], proposal.items[0]
	says(
		legal,
		opened,
		comments=[
			{
				"about": "Need",
				"row_key": need.need_key or need.name,
				"row_label": "forged",
				"comment": "How?",
			},
			{"about": "Item", "row_key": item.row_key or item.name, "comment": "Too <b>cheap</b>"},
			{"about": "Terms", "row_key": "payment_terms_template", "comment": "Half in advance"},
			{"about": "General", "comment": " "},
		],
	)
	comments = state(opened).comments
	assert [(row.about, row.comment) for row in comments] == [
		("Need", "How?"),
		("Item", "Too <b>cheap</b>"),
		("Terms", "Half in advance"),
	]
	assert comments[0].row_label == " ".join(need.need.split())[:140]
	assert (comments[1].row_label, comments[1].commented_by) == (item.item_name, legal)


def test_only_who_is_asked_decides(says, opened, make_user, rep, proposal, legal):
	for user in (rep, make_user("Legal Reviewer")):
		with pytest.raises(frappe.PermissionError):
			says(user, opened)
	# Who has come to look after the proposal meanwhile approves it no longer.
	frappe.db.set_value(proposals.DOCTYPE, proposal.name, "allocated_to", legal)
	with pytest.raises(frappe.PermissionError, match="another approves"):
		says(legal, opened)


# Handing over ---------------------------------------------------------------------------------------------


def test_a_seat_is_handed_over(call, as_user, says, opened, make_user, legal, product, manager):
	other = make_user("Legal Reviewer", full_name="The Other Lawyer")
	with as_user(legal):
		call(DELEGATE, review=opened, to=other, reason="On a trip")
		call(DELEGATE, review=opened, to=other)
	row = next(row for row in state(opened).opinions if row.review_function == "Legal")
	assert (row.asked, row.reviewer, row.asked_as) == (other, legal, "Delegate")
	assert len(mails_to(other)) == 1 and "in place of The Lawyer" in mails_to(other)[0].text
	with pytest.raises(frappe.PermissionError, match="somebody else is asked"):
		says(legal, opened)
	says(other, opened)
	says(product, opened)
	assert says(manager, opened)["status"] == "Approved"


def test_a_seat_goes_to_nobody_who_may_not_have_it(call, as_user, opened, make_user, rep, legal, product):
	outsider = make_user("Stock User")
	seller = make_user(["Sales Manager", "Sales User"])  # reads the proposal, and does not speak for legal
	for to in (rep, outsider, seller, "nobody@standard.test"):
		with as_user(legal), pytest.raises(frappe.ValidationError):
			call(DELEGATE, review=opened, to=to)
	with as_user(make_user("Legal Reviewer")), pytest.raises(frappe.PermissionError):
		call(DELEGATE, review=opened, to=product)
	assert asked(opened)["Legal"] == [legal]


def test_a_manager_hands_over_the_seat_of_another(call, as_user, opened, make_user, manager, legal):
	other = make_user("Legal Reviewer")
	seat = next(row.name for row in state(opened).opinions if row.asked == legal)
	with as_user(legal):
		product_seat = next(row.name for row in state(opened).opinions if row.review_function == "Product")
		with pytest.raises(frappe.PermissionError):
			call(DELEGATE, review=opened, to=other, opinion=product_seat)
	with as_user(manager):
		# One manager does not speak for legal too.
		with pytest.raises(frappe.ValidationError, match="take over the opinion"):
			call(DELEGATE, review=opened, to=manager, opinion=seat)
		call(DELEGATE, review=opened, to=other, opinion=seat, reason="Overdue")
	assert asked(opened)["Legal"] == [other]
	assert any("in your place" in notice for notice in notices_of(legal))


# Recall, versions, withdrawal -----------------------------------------------------------------------------


def test_recall_returns_the_proposal_to_draft(
	call, as_user, says, opened, proposal, rep, legal, product, manager
):
	says(product, opened)
	with as_user(legal), pytest.raises(frappe.PermissionError):
		call(RECALL, review=opened, reason="I do not like it")
	with as_user(rep):
		with pytest.raises(frappe.ValidationError, match="reason"):
			call(RECALL, review=opened, reason=" ")
		assert call(RECALL, review=opened, reason="Wrong price")["status"] == "Recalled"
		call(RECALL, review=opened, reason="Wrong price")
	assert status(proposal) == "Draft"
	assert any("is recalled" in notice for notice in notices_of(legal))
	with pytest.raises(frappe.ValidationError, match="not open"):
		says(legal, opened)

	proposal.reload()
	proposal.items[0].update({"rate": 800, "discount_percentage": 20})
	proposal.save()
	with as_user(manager):
		assert call(OPEN, proposal=proposal.name) == opened
	review = state(opened)
	assert (review.status, review.round, len(reviews.current(review))) == ("Open", 2, 3)
	# The price does not concern who judges the solution: that approval holds.
	held = [(row.asked, row.carried_over) for row in reviews.current(review) if row.decision]
	assert held == [(product, 1)]
	with as_user(legal):
		found = call(SHEET, review=opened)
	assert len(found["opinions"]) == 3 and [row["asked"] for row in found["earlier"]] == [product]
	with pytest.raises(frappe.ValidationError, match="as you read it"):
		says(legal, opened, round=1)
	says(legal, opened, round=2)
	assert says(manager, opened)["status"] == "Approved"


def test_a_new_version_is_reviewed_by_whom_the_changes_concern(
	call, as_user, says, opened, proposal, rep, manager, product, legal
):
	says(product, opened)
	says(manager, opened)
	says(legal, opened, "Change")
	with as_user(rep):
		following = proposals.new_version(proposal.name)
		for row in following.corrections:
			row.update({"state": "Taken Over"})
		following.service_terms = "Hotline on working days, 24 months"
		following.save()
	with as_user(manager):
		review = call(OPEN, proposal=following.name)
	assert review != opened
	rows = {row.asked: row for row in reviews.current(state(review))}
	assert rows[product].decision == "Approve" and rows[product].carried_over
	assert not rows[manager].decision and not rows[legal].decision
	assert len(mails_to(product)) == 1 and len(mails_to(legal)) == 2
	with as_user(legal):
		changes = call(SHEET, review=review)["changes"]
	assert changes["since"] == proposal.name and any("24 months" in row["after"] for row in changes["rows"])
	says(manager, review)
	assert says(legal, review)["status"] == "Approved"
	assert status(following) == "Approved" and status(proposal) == "Superseded"


@pytest.mark.parametrize(
	("change", "anew"),
	[
		(lambda doc: doc.set("valid_days", 90), {"manager", "legal"}),
		(lambda doc: doc.items[0].set("description", "Two machines"), {"manager", "product", "legal"}),
	],
)
def test_what_is_no_amount_is_reviewed_again_too(
	change, anew, call, as_user, says, opened, proposal, manager, product, legal
):
	"""Legal has asked for a change, so legal is asked again in any case."""
	says(product, opened)
	says(manager, opened)
	says(legal, opened, "Change")
	following = proposals.new_version(proposal.name)
	for row in following.corrections:
		row.update({"state": "Taken Over"})
	change(following)
	following.save()
	with as_user(manager):
		review = call(OPEN, proposal=following.name)
	waiting = {row.asked for row in state(review).opinions if not row.decision}
	people = {"manager": manager, "product": product, "legal": legal}
	assert waiting == {people[name] for name in anew}


def test_approvals_do_not_go_along_to_another_customer(
	call, as_user, says, opened, proposal, manager, product, legal
):
	says(product, opened)
	says(manager, opened)
	says(legal, opened, "Change")
	deal = frappe.get_doc("Opportunity", proposal.reference_name)
	deal.party_name = records.lead().name
	deal.save()
	following = proposals.new_version(proposal.name)
	assert following.customer_profile != proposal.customer_profile
	for row in following.corrections:
		row.update({"state": "Taken Over"})
	following.save()
	with as_user(manager):
		review = call(OPEN, proposal=following.name)
	assert not any(row.decision for row in state(review).opinions)


def test_a_withdrawn_approval_holds_no_longer_and_is_not_carried_over(
	call, as_user, says, opened, proposal, rep, manager, product, legal
):
	for user in (manager, product, legal):
		says(user, opened)
	with as_user(rep), pytest.raises(frappe.PermissionError, match="sales manager"):
		call(WITHDRAW, review=opened, reason="Found a mistake")
	with as_user(manager):
		assert call(WITHDRAW, review=opened, reason="Found a mistake")["status"] == "Withdrawn"
		call(WITHDRAW, review=opened, reason="Found a mistake")
	assert status(proposal) == "Changes Asked"
	assert any("is withdrawn" in notice for notice in notices_of(rep))
	with as_user(rep):
		following = proposals.new_version(proposal.name)
	with as_user(manager):
		review = call(OPEN, proposal=following.name)
	assert not any(row.decision for row in state(review).opinions)


def test_what_is_reviewed_already_is_not_opened_again(call, as_user, says, opened, proposal, manager, legal):
	says(legal, opened, "Reject")
	with as_user(manager), pytest.raises(frappe.ValidationError, match="new version"):
		call(OPEN, proposal=proposal.name)


# Nobody writes a review but the app -----------------------------------------------------------------------


def test_a_review_is_written_by_the_app_alone(as_user, opened, manager, legal):
	row = state(opened).opinions[0].name
	for user in (manager, legal, "Administrator"):
		with as_user(user):
			for attempt in (
				lambda: frappe.client.set_value("Proposal Review", opened, "status", "Approved"),
				lambda: frappe.client.set_value("Review Opinion", row, "decision", "Approve"),
				lambda: frappe.client.insert({"doctype": "Proposal Review", "status": "Approved"}),
				lambda: frappe.client.delete("Review Opinion", row),
			):
				with pytest.raises((frappe.PermissionError, frappe.DoesNotExistError)):
					attempt()
	assert state(opened).status == "Open" and not state(opened).opinions[0].decision


def test_a_decided_review_is_kept(as_user, says, opened, legal, manager):
	says(legal, opened, "Reject")
	with as_user(manager), pytest.raises(frappe.PermissionError):
		frappe.delete_doc("Proposal Review", opened)
	assert frappe.db.exists("Proposal Review", opened)


# Who sees what --------------------------------------------------------------------------------------------


def test_who_is_asked_reads_and_nobody_else(
	call, as_user, opened, proposal, make_user, product, rep, manager
):
	outsider = make_user("Product Reviewer")
	for user, sees in ((product, True), (rep, True), (manager, True), (outsider, False)):
		with as_user(user):
			names = frappe.get_list("Proposal Review", pluck="name", order_by="name")
			assert (opened in names) is sees
			assert bool(frappe.has_permission("Solution Proposal", "read", doc=proposal.name)) is sees
			if sees:
				assert call(SHEET, review=opened)["proposal"]["name"] == proposal.name
				frappe.client.get("Proposal Review", opened)
			else:
				for attempt in (
					lambda: call(SHEET, review=opened),
					lambda: frappe.client.get("Proposal Review", opened),
					lambda: frappe.client.get("Solution Proposal", proposal.name),
				):
					with pytest.raises(frappe.PermissionError):
						attempt()


def test_a_reviewer_of_one_company_sees_nothing_of_another(
	call, as_user, opened, proposal, make_user, product
):
	"""Also where somebody was asked before they came to belong to the other company only."""
	permit(product, second_company())
	with as_user(product):
		assert opened not in frappe.get_list("Proposal Review", pluck="name", order_by="name")
		assert proposal.name not in frappe.get_list("Solution Proposal", pluck="name", order_by="name")
		for attempt in (
			lambda: call(SHEET, review=opened),
			lambda: frappe.client.get("Proposal Review", opened),
			lambda: call(DECIDE, review=opened, decision="Approve", **SCORES),
		):
			with pytest.raises(frappe.PermissionError):
				attempt()
		assert not call(WAITING)["asked"]


def test_the_sheet_says_what_the_user_may_do(call, as_user, says, opened, rep, manager, product, legal):
	def may(user):
		with as_user(user):
			return {key for key, value in call(SHEET, review=opened)["may"].items() if value}

	assert may(rep) == {"recall"}
	assert may(product) == {"decide", "delegate"}
	assert may(manager) == {"decide", "delegate", "delegate_others", "recall"}
	says(product, opened, "Change")
	assert may(product) == {"decide"}
	with as_user(legal):
		sheet = call(SHEET, review=opened)
	assert next(row for row in sheet["opinions"] if row["asked"] == product)["reason"]  # all asked see all
	assert sheet["mine"]["functions"] == ["Legal"] and sheet["margin"] is None
	assert {row["fieldname"] for row in sheet["proposal"]["terms"]} >= {"delivery_period", "service_terms"}
	assert sheet["proposal"]["totals"]["net_total"] == 9000
	says(product, opened)
	says(legal, opened)
	says(manager, opened)
	assert may(manager) == {"withdraw"} and may(product) == set()


# My Day ---------------------------------------------------------------------------------------------------


def test_the_day_shows_what_waits(call, as_user, says, rep, manager, product, legal, rules, frozen_time):
	with frozen_time("2027-01-11 09:00") as clock:
		proposal = review_cases.proposal(rep)

		def whys(user):
			with as_user(user):
				section = reviews_day.waiting(user, frappe.utils.now_datetime())
				return [row["why"] for row in section["rows"]] if section else []

		assert not whys(manager)
		with as_user(rep):
			call(REQUEST, proposal=proposal.name)
		assert whys(manager) == ["The Rep asks for a review"] and not whys(rep)
		with as_user(manager):
			assert [row["proposal"] for row in call(WAITING)["requests"]] == [proposal.name]
			review = call(OPEN, proposal=proposal.name)
		assert whys(product) == ["Your opinion is due by 2027-01-12 18:00"]
		with as_user(product):
			(row,) = call(WAITING)["asked"]
		assert (row["review"], row["functions"], row["version"]) == (review, ["Product"], 1)
		clock.shift(days=2)
		assert whys(product) == ["Your opinion was due on 2027-01-12 18:00"]
		says(product, review)
		assert not whys(product)
		with as_user(product):
			assert [row["decision"] for row in call(WAITING)["decided"]] == ["Approve"]
		says(manager, review)
		says(legal, review, "Change")
		assert whys(rep) == ["The review asks for changes"]
		with as_user(rep):
			(row,) = call(WAITING)["changes"]
			assert "Because of the terms." in row["closing_reason"]
			proposals.new_version(proposal.name)
			assert not whys(rep)
