"""The command line: exit codes, one clear line, nothing half-written; mapping; languages."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import salesflow_std.audit
from salesflow_std.audit import columns, findings, rules, texts
from salesflow_std.audit.cli import main

PACKAGE = Path(salesflow_std.audit.__file__).parent
HERE = Path(__file__).parent


def refused(run, *parts: str) -> None:
	"""Exit code 2, one line on stderr with these parts, nothing on stdout and nothing written."""
	assert run.code == 2, (run.code, run.stdout, run.exception)
	assert run.stderr.count("\n") == 1, run.stderr
	for part in parts:
		assert part in run.stderr
	assert run.stdout == ""
	assert not run.out.exists()
	assert not list(run.out.parent.glob(".salesflow-audit-*"))


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf", b"\xff\xfe", b",,,\n"])
def test_empty_file(audit, content):
	refused(audit(content), "leads.csv is empty")


@pytest.mark.parametrize(
	("content", "says"),
	[
		(b"PK\x03\x04 rest", "Excel workbook"),
		(b"\xd0\xcf\x11\xe0 rest", "Excel workbook"),
		(b"<!DOCTYPE html><html></html>", "web page"),
		(b"  <html><body>ID,Status</body>", "web page"),
		(b"\x89PNG\r\n\x1a\n\0\0\0", "not a CSV file"),
		(b'{"ID": 1}', "not a CSV file"),
		(b"foo,bar\n1,2\n", "required column is missing"),
		(b"Status,Source\nOpen,Web\n", "required column is missing, one of: ID (name)"),
	],
)
def test_what_is_no_export_of_leads(audit, content, says):
	refused(audit(content), says)


def test_unreadable_paths(audit, tmp_path):
	refused(audit(tmp_path / "nowhere.csv"), "nowhere.csv", "No such file")
	refused(audit(tmp_path), "cannot be read")


def test_out_that_is_a_file(audit, tmp_path):
	(tmp_path / "taken").write_text("x")
	run = audit("ID\nL-1\n", "--out", str(tmp_path / "taken"))
	assert run.code == 2 and "is a file" in run.stderr
	assert (tmp_path / "taken").read_text() == "x"


def test_all_rows_broken(audit):
	refused(audit("ID,Source\nL-1\nL-2\n"), "no row can be read")


@pytest.mark.parametrize("as_of", ["yesterday", "2026-13-01", " "])
def test_bad_as_of(audit, as_of):
	refused(audit("ID\nL-1\n", as_of=as_of), "--as-of")


def test_nothing_to_audit(audit):
	refused(audit(None), "--opportunities")


@pytest.mark.parametrize(
	("option", "content", "says"),
	[
		("--mapping", "{", "is not JSON"),
		("--mapping", "[]", "JSON object"),
		("--mapping", '{"lead": {}}', "lead: no such key"),
		("--mapping", '{"leads": {"nam": "X"}}', "leads.nam: no such field"),
		("--mapping", '{"leads": {"name": 3}}', "leads.name: must be the name of a column"),
		("--mapping", '{"leads": {"name": "Record"}}', "leads.name"),
		("--mapping", '{"leads": {"name": "ID", "name": "ID"}}', "the key name is there twice"),
		(
			"--mapping",
			'{"values": {"status": {"Won": "Wonderful"}}}',
			"values.status.Won: Wonderful is no status",
		),
		("--mapping", '{"values": {"colour": {}}}', "values.colour: no such field"),
		("--mapping", '{"date_format": "%H"}', "date_format"),
		("--mapping", '{"delimiter": "ab"}', "delimiter: must be one character"),
		("--mapping", '{"decimal": "x"}', "decimal: must be . or ,"),
		("--model", "{", "is not JSON"),
		("--model", "[1, 2]", "must hold one scoring model"),
		("--model", '{"applies_to": "Customer"}', "is for Customer, not for Lead"),
		(
			"--model",
			'{"dimensions": [{"code": "B", "weight": -1}], "bands": [{"grade": "A"}]}',
			"dimensions[0].weight",
		),
		("--opportunity-model", "nothing", "is not JSON"),
		("--holidays", "2026-10-01\nsoon\n", "line 2"),
	],
)
def test_bad_files_name_the_place(audit, tmp_path, option, content, says):
	path = tmp_path / "given"
	path.write_text(content, encoding="utf-8")
	refused(audit("ID,Status\nL-1,Open\n", option, str(path)), says)
	refused(audit("ID,Status\nL-1,Open\n", option, str(tmp_path / "nowhere")), "nowhere")


def test_calendar_without_working_days(audit, tmp_path):
	import datetime

	days = [datetime.date(2026, 1, 1) + datetime.timedelta(days=i) for i in range(8000)]
	(tmp_path / "h").write_text("\n".join(map(str, days)), encoding="utf-8")
	run = audit(
		"ID,Created On,Grade\nL-1,2026-11-01,B\n",
		"--holidays",
		str(tmp_path / "h"),
		"--model",
		"Funnel guide",
	)
	refused(run, "No working day")


def test_a_failed_run_leaves_the_last_report_alone(audit):
	good = audit("ID\nL-1\n")
	before = good.html
	assert audit("foo\n1\n").code == 2
	assert good.html == before
	assert sorted(p.name for p in good.out.iterdir()) == ["findings.csv", "report.html"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
	st.binary(max_size=300)
	| st.binary(max_size=200).map(lambda b: b"ID,Status,Created On,Grade,B,N,A,U,Phone\n" + b)
	| st.text(max_size=200).map(lambda s: ("ID;Email;Organization Name\n" + s).encode("utf-8", "replace"))
	| st.text(max_size=100).map(lambda s: ("编号\t状态\n" + s).encode("gb18030", "replace"))
	| st.text(max_size=100).map(lambda s: ("ID,Status\n" + s).encode("utf-16", "replace"))
)
@example(b'ID,Status\n"\0,x')
@example(b"ID,Status\r\rL-1,Open\r")
@example(b"ID\n\x00\n")
def test_no_bytes_give_a_traceback(tmp_path, data):
	path = tmp_path / "any.csv"
	path.write_bytes(data)
	result = CliRunner().invoke(main, [str(path), "--opportunities", str(path), "--out", str(tmp_path / "o")])
	assert result.exit_code in (0, 2), result.exception
	result = CliRunner().invoke(main, [str(path), "--out", str(tmp_path / "o")])
	assert result.exit_code in (0, 2), result.exception
	if result.exit_code == 2:
		assert result.stderr.count("\n") == 1


def test_example_mapping_of_another_crm(audit):
	run = audit(
		None,
		"--mapping",
		str(HERE / "pipeline_mapping.json"),
		opportunities=HERE / "pipeline_sample.csv",
		as_of="2017-12-31",
	)
	assert run.code == 0, run.stderr
	assert (
		"7 opportunities: 2 won, 2 lost, 0 closed without outcome, 3 open; 50 % of those decided were won."
		in run.stdout
	)
	# Opened 2017-11-01 and 2017-12-01; the third has no date.
	assert "2 of 3 open opportunities have a date to count from." in run.stdout
	assert "<td>Engaging</td><td>2</td><td>30</td><td>60</td><td>60</td><td>0</td>" in run.html
	assert "Half of those won took up to 10 days." in run.html
	assert (
		"3 open opportunities are not graded. Cannot be told: the export has no column Expected Closing Date, Probability (%)."
		in run.stdout
	)


def test_mapping_of_values_dates_and_delimiter(audit, tmp_path):
	(tmp_path / "m.json").write_text(json.dumps({
		"leads": {"name": "Record", "points.B": "P1", "N": "P2", "A": "P3", "U": "P4", "creation": "Made", "source": "Channel", "status": None},
		"values": {"leads.source": {"n/a": ""}},
		"date_format": "%d.%m.%y %H.%M", "delimiter": "^",
	}), encoding="utf-8")  # fmt: skip
	run = audit(
		"Record^P1^P2^P3^P4^Made^Channel^Status\nL-1^5^5^5^5^19.11.26 10.30^N/A^Fantasy\n",
		"--mapping",
		str(tmp_path / "m.json"),
	)
	assert run.code == 0, run.stderr
	assert run.found("No source") == [(2, "L-1")]
	assert run.found("Date not readable") == [] and run.found("Unknown status") == []
	assert "1 of 1 leads have a grade." in run.stdout


def test_missing_mapped_column_names_the_key(audit, tmp_path):
	(tmp_path / "m.json").write_text('{"leads": {"source": "Channel"}}', encoding="utf-8")
	refused(
		audit("ID,Source\nL-1,x\n", "--mapping", str(tmp_path / "m.json")),
		"leads.source",
		"no column Channel",
		"ID, Source",
	)


def test_unknown_status_is_told(audit):
	run = audit("ID,Status\nL-1,Fantasy\nL-2,Fantasy\nL-3,Open\n")
	assert run.found("Unknown status") == [(2, "L-1")]
	assert "unknown status Fantasy (2)" in run.html


def test_chinese_report(audit):
	run = audit(
		"编号,预算,需求,决策权,紧急度,创建时间,首次触达时间\nL-1,5,5,5,5,2026-11-01,\n", "--lang", "zh"
	)
	assert run.code == 0
	assert '<html lang="zh-CN">' in run.html and "首次触达逾期" in run.html
	with open(run.out / "findings.csv", encoding="utf-8-sig") as file:
		assert file.readline().strip() == "行,单据,名称,规则,问题,说明"
	refused_run = audit(b"", "--lang", "zh")
	assert refused_run.code == 2 and "是空的" in refused_run.stderr


def test_chinese_report_of_the_sample_has_no_english_sentence(audit):
	run = audit(None, "--sample", "--lang", "zh", as_of=None)
	text = re.sub(r"<style>.*?</style>", " ", run.html, flags=re.S)
	cells = {cell.strip() for cell in re.split(r"<[^>]+>", text)}
	# What comes from the sample itself: its companies, columns, stages and reasons.
	theirs = r"Sample Company|Salesflow Standard|Proposal|Negotiation|Proposition|Needs Analysis|industry|Test number|(?:Touched|Updated|Created|Captured) On"
	english = [c for c in cells if re.search(r"[a-z]{2,} [a-z]{2,}", c, re.I) and not re.search(theirs, c)]
	assert english == []


def every_text() -> set[str]:
	"""Every English text that the audit says."""
	found: set[str] = set()
	for path in PACKAGE.glob("*.py"):
		for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
			if not isinstance(node, ast.Call):
				continue
			name = getattr(node.func, "id", getattr(node.func, "attr", ""))
			at = {"t": 0, "AuditError": 0, "wrong": 1, "broken": 1}.get(name)
			if at is not None and len(node.args) > at:
				for leaf in ast.walk(node.args[at]):
					if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str):
						found.add(leaf.value)
	for path in (PACKAGE / "templates").glob("*.j2"):
		found.update(re.findall(r"\bt\(\"([^\"]+)\"", path.read_text(encoding="utf-8")))
	found.update(title for _, title in findings.KINDS.values())
	for data in rules.shipped_models().values():
		if data["applies_to"] in (columns.LEAD, columns.OPPORTUNITY):
			found.update([data["model_name"], *(d["label"] for d in data["dimensions"])])
	for table in columns.STATUSES.values():
		found.update(table)
	found.update(
		{
			"Lead",
			"Opportunity",
			"day first",
			"month first",
			"Hours",
			"Hour",
			"Days",
			"Day",
			"Weeks",
			"Week",
			"Months",
			"Month",
		}
	)
	found.update({"Working Days", "Working Day", "Working Hours", "Working Hour"})
	return found


def test_every_english_text_has_a_chinese_one():
	missing = sorted(text for text in every_text() if text not in texts.ZH)
	assert missing == []


def test_chinese_texts_have_the_same_placeholders():
	for english, chinese in texts.ZH.items():
		assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese)), english


def test_no_frappe_is_imported():
	code = "import sys, salesflow_std.audit.cli; sys.exit(any(m.split('.')[0] in ('frappe', 'erpnext') for m in sys.modules))"
	assert subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent.parent).returncode == 0


def test_as_a_module(tmp_path):
	done = subprocess.run(
		[sys.executable, "-m", "salesflow_std.audit", "--sample", "--out", str(tmp_path / "deep" / "er")],
		cwd=PACKAGE.parent.parent, capture_output=True, text=True, encoding="utf-8",
	)  # fmt: skip
	assert done.returncode == 0 and done.stderr == ""
	assert (tmp_path / "deep" / "er" / "report.html").exists()
