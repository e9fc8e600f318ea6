"""Every rule against a small export whose outcome was worked out by hand."""

from __future__ import annotations

import pytest

HEADER = (
	"Sr,ID,Full Name,Organization Name,Email,Phone,Mobile No,Source,Status,Lead Owner,"
	"Captured On,Created On,First Touched On,B,N,A,U,Grade,Graded On,Invalid Reason\n"
)
FIELDS = [label.strip() for label in HEADER.split(",")]


def lead(**values: object) -> str:
	row = {
		"Sr": 1, "ID": "L-1", "Full Name": "Contact 1", "Source": "Website", "Status": "Open", "Lead Owner": "rep@example.com",
		"Captured On": "2026-11-16 10:00:00", "Created On": "2026-11-16 10:05:00.123456",
		"B": 5, "N": 5, "A": 5, "U": 5,
	}  # fmt: skip
	row.update(values)
	return ",".join(str(row.get(label, "")) for label in FIELDS) + "\n"


def test_first_touch_overdue_met_missed_pending_by_band(audit):
	# A (total 20): 48 hours from Monday 10:00 is Wednesday 10:00. B (total 8): a week. As of Friday 18:00.
	b = {"B": 2, "N": 2, "A": 2, "U": 2}
	run = audit(
		HEADER
		+ lead(ID="overdue-A")
		+ lead(ID="pending-B", **b)
		+ lead(
			ID="overdue-B", **b, **{"Captured On": "2026-11-13 17:59:59", "Created On": "2026-11-13 18:00:00"}
		)
		+ lead(ID="met", **{"First Touched On": "2026-11-18 10:00:00"})
		+ lead(ID="missed", **{"First Touched On": "2026-11-18 10:00:01"})
		+ lead(ID="nurture", B=1, N=1, A=1, U=1)
		+ lead(ID="converted", Status="Converted")
		+ lead(ID="invalid", **{"Invalid Reason": "Duplicate"})
	)
	assert run.code == 0
	assert run.found("First touch overdue") == [(2, "overdue-A"), (4, "overdue-B")]
	assert run.found("First touch came late") == [(6, "missed")]
	assert run.found("Deadline passed, no touch recorded in this export") == []
	detail = next(f["detail"] for f in run.findings if f["name"] == "overdue-A" and f["rule id"] == "L7")
	assert detail == "grade A, captured 2026-11-16 10:00, due 2026-11-18 10:00"
	assert "2 of 6 leads with a deadline are past it and still untouched; touched too late: 1." in run.stdout


def test_other_models_give_other_deadlines(audit):
	# Friday 13 November 10:00 plus 3 working days is Wednesday 18th 10:00 (Funnel guide); BNAU: Friday 20th 10:00.
	row = HEADER + lead(
		B=2, N=2, A=2, U=2, **{"Captured On": "2026-11-13 10:00:00", "Created On": "2026-11-13 10:00:00"}
	)
	assert audit(row, as_of="2026-11-19 12:00").found("First touch overdue") == []
	assert audit(row, "--model", "funnel guide", as_of="2026-11-19 12:00").found("First touch overdue") == [
		(2, "L-1")
	]


def test_holidays_move_working_day_deadlines(audit, tmp_path):
	holidays = tmp_path / "holidays.txt"
	holidays.write_text("# autumn\n2026-11-16, a Monday\n2026-11-17\n", encoding="utf-8")
	row = HEADER + lead(
		B=2, N=2, A=2, U=2, **{"Captured On": "2026-11-13 10:00:00", "Created On": "2026-11-13 10:00:00"}
	)
	options = ("--model", "Funnel guide", "--holidays", str(holidays))
	# With Monday and Tuesday off it is Friday 20th 10:00.
	assert audit(row, *options, as_of="2026-11-20 10:00").found("First touch overdue") == []
	assert audit(row, *options, as_of="2026-11-20 10:01").found("First touch overdue") == [(2, "L-1")]


def test_without_a_touch_column_nothing_is_called_overdue(audit):
	run = audit("ID,Created On,Grade,Status\nL-1,2026-11-01,A,Open\nL-2,2026-11-20 17:00,A,Open\n")
	assert run.found("First touch overdue") == []
	assert run.found("Deadline passed, no touch recorded in this export") == [(2, "L-1")]
	assert "Overdue cannot be told" in run.stdout


def test_grades_from_points_as_exported_or_not_at_all(audit):
	run = audit(
		HEADER
		+ lead(ID="A15", B=5, N=5, A=4, U=1)  # 15: A from 15 on
		+ lead(ID="B14", B=5, N=5, A=3, U=1)
		+ lead(ID="B8", B=2, N=2, A=2, U=2)
		+ lead(ID="C7", B=2, N=2, A=2, U=1)
		+ lead(ID="exported", B="", N="", A="", U="", Grade="B")
		+ lead(ID="none", N="", A="")
		+ lead(ID="seven", B=7)
		+ lead(ID="words", B="high")
		+ lead(ID="differs", Grade="C")
	)
	assert run.found("Not graded") == [(7, "none"), (8, "seven"), (9, "words")]
	reasons = {f["name"]: f["detail"] for f in run.findings if f["finding"] == "Not graded"}
	assert reasons["none"] == "No points for N, A: not graded."
	assert run.found("Points out of 1 to 5") == [(8, "seven"), (9, "words")]
	assert run.found("Grade does not fit the points") == [(10, "differs")]
	lines = [line.split() for line in run.stdout.splitlines()]
	assert ["A", "2"] in [[line[0], line[2]] for line in lines if len(line) > 3]
	assert ["B", "3"] in [[line[0], line[2]] for line in lines if len(line) > 3]
	assert "6 of 9 leads have a grade." in run.stdout
	assert "Grades from points: 5; shown as exported, without points to check them by: 1." in run.html


def test_zero_points_are_no_points(audit):
	# ERPNext writes 0 into a number field that nobody filled in.
	run = audit(HEADER + lead(U=0))
	assert [f["detail"] for f in run.findings if f["finding"] == "Not graded"] == [
		"No points for U: not graded."
	]


def test_no_points_and_no_grade_column_is_said_once(audit):
	run = audit("ID,Status\nL-1,Open\nL-2,Open\n")
	assert run.found("Not graded") == []
	assert (
		"Not graded: the export has neither points (Budget, Need, Authority, Urgency) nor a grade."
		in run.stdout
	)


def test_late_entry_is_more_than_24_hours(audit):
	run = audit(
		HEADER
		+ lead(ID="on time", **{"Captured On": "2026-11-16 10:00:00", "Created On": "2026-11-17 10:00:00"})
		+ lead(ID="late", **{"Captured On": "2026-11-16 10:00:00", "Created On": "2026-11-17 10:00:01"})
		+ lead(ID="later", **{"Captured On": "2026-11-10", "Created On": "2026-11-19"})
		+ lead(ID="unknown", **{"Captured On": ""})
	)
	assert run.found("Entered late") == [(3, "late"), (4, "later")]
	assert "2 of 3 leads (67 %) were entered later than that." in run.stdout


def test_late_entry_needs_both_columns(audit):
	run = audit("ID,Created On\nL-1,2026-11-01\n")
	assert "Cannot be told: the export has no column Captured On." in run.stdout


def test_missing_source(audit):
	run = audit(
		HEADER + lead() + lead(ID="none", Source=" ") + lead(ID="moved", Source="", Status="Quotation")
	)
	assert run.found("No source") == [(3, "none"), (4, "moved")]
	assert "2 of 3 leads (67 %) have no source; moved on all the same: 1." in run.stdout
	assert audit("ID\nL-1\n").found("No source") == []


@pytest.mark.parametrize("number", ["11111111", "13800000000", "1234567", "9876543210", "138-0000 00 00"])
def test_test_numbers(audit, number):
	run = audit(HEADER + lead(ID="real", Phone="+49 30 5553178") + lead(ID="test", **{"Mobile No": number}))
	assert run.found("Phone number looks made up") == [(3, "test")]


def test_duplicates_by_email_phone_and_company(audit):
	run = audit(
		HEADER
		+ lead(
			ID="first",
			Email="Contact.1@example.com",
			Phone="+86 139 1234 5609",
			**{"Organization Name": "Sample Company 1 Ltd"},
		)
		+ lead(ID="mail", Email=" contact.1@EXAMPLE.com", **{"Organization Name": "Sample Company 2"})
		+ lead(ID="phone", **{"Mobile No": "13912345609"})
		+ lead(ID="company", **{"Organization Name": "sample company 1 GmbH"})
		+ lead(ID="marked", Email="contact.1@example.com", **{"Invalid Reason": "Duplicate"})
		+ lead(ID="alone", Email="contact.2@example.com")
		+ lead(ID="both", Email="contact.1@example.com", Phone="0086 13912345609")
	)
	assert run.found("Duplicate: same e-mail") == [(3, "mail"), (8, "both")]
	assert run.found("Duplicate: same phone") == [(4, "phone"), (8, "both")]
	assert run.found("Duplicate: same company") == [(5, "company")]
	detail = next(f["detail"] for f in run.findings if f["name"] == "mail" and f["rule id"] == "L3")
	assert detail == "as in line 2 (first); 3 leads share it"
	assert "Leads that repeat the e-mail or phone of an earlier one: 3;" in run.stdout


def test_one_lead_with_its_number_twice_is_no_duplicate(audit):
	run = audit(HEADER + lead(Phone="+86 139 1234 5609", **{"Mobile No": "13912345609"}))
	assert run.found("Duplicate: same phone") == []


def test_stale_grades(audit):
	run = audit(
		HEADER
		+ lead(ID="fresh", **{"Graded On": "2026-11-13 18:00:00"})
		+ lead(ID="stale", **{"Graded On": "2026-11-13 17:59:59"})
		+ lead(ID="closed", Status="Converted", **{"Graded On": "2026-01-01"})
		+ lead(ID="undated")
	)
	assert run.found("Grade is due for review") == [(3, "stale")]
	assert "1 of 2 dated grades of leads in the queues (50 %) are due for review." in run.stdout


OPPORTUNITIES = (
	"Sr,ID,Opportunity From,Party,Status,Sales Stage,Opportunity Owner,Opportunity Date,Expected Closing Date,"
	"Probability (%),Opportunity Amount,Last Updated On\n"
)


def test_open_opportunities_are_graded_from_facts(audit):
	# 3 x closing + intent + amount/4. S from 20, A from 10.
	run = audit(opportunities=OPPORTUNITIES
		+ "1,S,,,Open,Proposal,a,2026-11-01,2026-12-20,80,1000,2026-11-10\n"  # 30 days: 15 + 5 + 0.25
		+ "2,A,,,Quotation,Proposal,a,2026-11-01,2026-12-21,80,1000,2026-11-18\n"  # 31 days: 9 + 5 + 0.25
		+ "3,B,,,Replied,Needs,b,2026-11-01,2027-11-20,30,200000,2026-11-20\n"  # 3 + 1 + 1.25
		+ "4,unknown,,,Open,Needs,b,2026-11-01,2026-12-20,,1000,\n"
		+ "5,past,,,Open,Needs,b,2026-11-01,2026-11-19,80,1000,2026-11-01\n"
		+ "6,today,,,Open,Needs,b,2026-11-01,2026-11-20,80,1000,2026-11-01\n"
		+ "7,won,,,Converted,Needs,b,2026-10-01,2026-10-19,80,1000,2026-11-01\n"
		+ "8,Total,,,,,,,,430,207000,\n"
	)  # fmt: skip
	assert run.code == 0
	assert run.found("Expected closing is past") == [(6, "past")]
	assert run.found("Not graded") == [(5, "unknown")]
	bars = {
		line.split()[0]: line.split()[2] for line in run.stdout.splitlines() if "█" in line or "#" in line
	}
	assert (bars["S"], bars["A"], bars["B"]) == ("3", "1", "1")
	assert (
		"7 opportunities: 1 won, 0 lost, 0 closed without outcome, 6 open; 100 % of those decided were won."
		in run.stdout
	)
	# Last change 2026-11-10 and 2026-11-18, as of the 20th: 10 and 2 days; the lower median of two is 2.
	assert "<td>Proposal</td><td>2</td><td>2</td><td>10</td><td>10</td><td>0</td>" in run.html
	assert "days since the last change (column Last Updated On)" in run.html


def test_funnel_counts_each_lead_once_in_its_month(audit):
	leads = (
		"ID,Created On,Status\n"
		"L-1,2026-09-01,Open\n"  # two opportunities, one of them won
		"L-2,2026-09-30 23:59,Open\n"  # an opportunity lost
		"L-3,2026-10-01,Converted\n"  # no opportunity in the export: its status tells
		"L-4,2026-10-02,Open\n"
		"L-5,2026-10-03,Do Not Contact\n"
	)
	opportunities = (
		"ID,Opportunity From,Party,Status\n"
		"O-1,Lead,L-1,Lost\nO-2,Lead,L-1,Converted\nO-3,Lead,L-2,Lost\nO-4,Customer,L-4,Converted\n"
	)
	run = audit(leads, opportunities=opportunities)
	assert "Of 5 leads 3 (60 %) had an opportunity, 2 (40 %) were won and 2 lost." in run.stdout
	assert 'title="2026-09"' in run.html and 'title="2026-10"' in run.html
	september = run.html.split('title="2026-09"')[1].split("</div>")[0]
	assert (
		'title="won: 1"' in september and 'title="lost: 1"' in september and "2 leads, 50 % won" in september
	)


def test_breakdown_by_rep_and_source(audit):
	run = audit(
		HEADER
		+ lead(ID="1", Email="a@example.com")
		+ lead(ID="2", Source="", **{"Lead Owner": "other@example.com"})
		+ lead(ID="3", Status="Converted")
	)
	reps = run.html.split('id="lead-reps"')[1].split("</section>")[0]
	# rep, leads, A, B, C, overdue, late, no source, with opportunity, won
	assert (
		"<tr><td>rep@example.com</td><td>2</td><td>2</td><td>0</td><td>0</td><td>1</td><td>0</td><td>0</td><td>50 %</td><td>50 %</td></tr>"
		in reps
	)
	sources = run.html.split('id="lead-sources"')[1].split("</section>")[0]
	assert "<td>(no source)</td><td>1</td>" in sources


def test_findings_file_opens_in_excel_and_runs_no_formula(audit):
	run = audit(
		HEADER
		+ lead(ID="=1+1", Source="")
		+ lead(ID="@x", Source="")
		+ lead(ID="+49", Source="")
		+ lead(ID="示例", Source="")
	)
	assert (run.out / "findings.csv").read_bytes().startswith(b"\xef\xbb\xbf")
	names = [f["name"] for f in run.findings if f["rule id"] == "L1"]
	assert names == ["'=1+1", "'@x", "'+49", "示例"]


def test_html_escapes_and_loads_nothing(audit):
	evil = "<script>alert(1)</script>"
	run = audit(
		HEADER
		+ lead(ID=evil, Source="", **{"Organization Name": evil, "Lead Owner": evil, "Captured On": evil})
	)
	assert run.code == 0
	assert "<script" not in run.html.lower()
	assert "&lt;script&gt;alert(1)&lt;/script&gt;" in run.html
	assert (
		"http:" not in run.html
		and "https:" not in run.html
		and "src=" not in run.html
		and "url(" not in run.html
	)
	assert "@import" not in run.html and "<link" not in run.html


def test_top_paragraph_names_the_heaviest_findings(audit):
	rows = "".join(lead(ID=f"L-{i}", Source="" if i < 2 else "Website") for i in range(10))
	run = audit(HEADER + rows)
	top = run.stdout.split("What this means")[1].split("First touch")[0]
	assert top.index("10 leads (100 % of those with a deadline) are overdue") < top.index(
		"2 leads (20 %) have no source"
	)


def test_sample_runs(audit):
	run = audit(None, "--sample", as_of=None)
	assert run.code == 0
	titles = {f["finding"] for f in run.findings}
	assert {
		"First touch overdue", "First touch came late", "Entered late", "No source", "Phone number looks made up",
		"Duplicate: same e-mail", "Duplicate: same phone", "Duplicate: same company", "Grade is due for review",
		"Not graded", "Grade does not fit the points", "Points out of 1 to 5", "Expected closing is past",
		"Row not readable", "Date not readable",
	} <= titles  # fmt: skip
