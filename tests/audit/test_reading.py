"""Encodings, delimiters, headers, dates, numbers, broken rows."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from salesflow_std.audit import columns, reader
from salesflow_std.audit.dates import (
	DAY_FIRST,
	MONTH_FIRST,
	DateColumn,
	DateError,
	parse_as_of,
	settle_orders,
)
from salesflow_std.audit.leads import looks_made_up
from salesflow_std.audit.numbers import NumberError, parse_number
from salesflow_std.audit.rules import Deadlines, load_model
from salesflow_std.audit.tally import MOST_NAMES, Days, Names
from salesflow_std.engine import leads, scoring, worktime

MODEL = load_model("--model", "BNAU", columns.LEAD)

CHINESE = "编号,组织名称,电子邮件,来源,状态,创建时间\nL-1,示例公司一有限公司,a@example.com,,打开,2026-11-01\nL-2,示例公司二,b@example.com,网站,已转换,2026年11月21日\n"


@pytest.mark.parametrize(
	"encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "utf-16-le", "utf-16-be", "gbk"]
)
def test_encodings(audit, encoding):
	data = CHINESE.encode(encoding)
	if encoding == "utf-16-le":
		data = b"\xff\xfe" + data
	if encoding == "utf-16-be":
		data = b"\xfe\xff" + data
	run = audit(data)
	assert run.code == 0, run.stderr
	assert run.found("No source") == [(2, "L-1")]
	assert "2 rows" in run.stdout


def test_western_files_are_not_taken_for_chinese(audit, tmp_path):
	text = "ID;Organization Name;Source;Lead Owner\nL-1;Müller Söhne GmbH;;Größe\nL-2;Café Äther;Web;Größe\n"
	(tmp_path / "w.csv").write_bytes(text.encode("cp1252"))
	encoding = reader.detect_encoding(tmp_path / "w.csv")
	assert "Müller Söhne" in text.encode("cp1252").decode(encoding)


def test_given_encoding_wins(audit):
	assert audit(CHINESE.encode("gb18030"), "--encoding", "gb18030").found("No source") == [(2, "L-1")]
	bad = audit(CHINESE, "--encoding", "klingon")
	assert (bad.code, bad.stderr) == (2, "salesflow-audit: --encoding: klingon is not known\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(audit, delimiter):
	text = 'ID,Organization Name,Source\nL-1,"Sample; Company, 1\t|",\nL-2,Sample Company 2,Website\n'
	rows = [
		["ID", "Organization Name", "Source"],
		["L-1", '"Sample; Company, 1\t|"', ""],
		["L-2", "Sample Company 2", "Website"],
	]
	text = "".join(delimiter.join(row) + "\r\n" for row in rows)
	assert audit(text).found("No source") == [(2, "L-1")]


@pytest.mark.parametrize(
	"header",
	[
		"name,source,status,creation",
		"ID,Source,Status,Created On",
		"ID,源,状态,创建于",
		"编号,来源,状态,创建时间",
		'"ID ",SOURCE, status ,"Created  On"',
	],
)
def test_labels_and_fieldnames(audit, header):
	assert audit(f"{header}\nL-1,,Open,2026-11-01\nL-2,Web,Open,2026-11-01\n").found("No source") == [
		(2, "L-1")
	]


def test_every_label_belongs_to_one_field():
	for document, fields in columns.FIELDS.items():
		labels = columns.known_labels(document, MODEL)
		for field, texts in fields.items():
			for text in texts:
				assert labels[columns.plain(text)] == field, (document, text)


@pytest.mark.parametrize(
	"header",
	[
		"B,N,A,U",
		"Budget,Need,Authority,Urgency",
		"预算,需求,决策权,紧急度",
		"B,N,D,U",
		"预算,需求,决策,紧急度",
		"Budget,Need,Decision,Urgency",
	],
)
def test_points_columns(audit, header):
	run = audit(f"ID,{header}\nL-1,5,5,5,5\nL-2,1,1,1,1\n")
	assert "2 of 2 leads have a grade." in run.stdout


DATA_EXPORT = '''"Data Import Template"
"Table:","Lead"
""
"Notes:"
"Please do not change the template headings."
"First data column must be blank."
""
"DocType:","Lead","","",""
"Column Labels:","ID","Full Name","Source","Created On"
"Column Name:","name","lead_name","source","creation"
"Mandatory:","Yes","No","No","No"
"Type:","Data","Data","Link","Datetime"
"Info:","","","Valid Lead Source",""
"Start entering data below this line"
"","""L-1""","Contact 1","","21-11-2026 10:00:00"
"","""L-2""","Contact 2","Website","01-11-2026 10:00:00"
'''


def test_data_export_template(audit):
	run = audit(DATA_EXPORT)
	assert run.code == 0, run.stderr
	assert run.found("No source") == [(15, "L-1")]
	assert run.found("Row not readable") == []
	assert "2 rows" in run.stdout


def test_label_row_followed_by_fieldname_row(audit):
	run = audit("ID,Full Name,Source\nname,lead_name,source\nL-1,Contact 1,\n")
	assert run.found("No source") == [(3, "L-1")] and "1 rows" in run.stdout


def test_total_row_is_no_lead(audit):
	for total in ("2,Total,,", "Total,,,", "2,总,,"):
		run = audit(f"Sr,ID,Source,Status\n1,L-1,,Open\n{total}\n")
		assert run.found("No source") == [(2, "L-1")]


def test_broken_rows_are_reported_and_the_rest_goes_on(audit):
	run = audit(
		"ID,Full Name,Source,Created On\n"
		"L-1,Contact 1\n"
		'L-2,"Contact\n2",,2026-11-01\n'
		"L-3,Contact 3,Web,2026-11-01,extra\n"
		"\n"
		"L-4,Contact 4,Web,2026-11-01,,\n"
		"L-5,Contact 5,,31/31/2026\n"
		"L-6,Contact 6,,2026-02-30\n"
	)
	assert run.code == 0
	assert [f["line"] for f in run.findings if f["finding"] == "Row not readable"] == ["2", "5"]
	assert run.found("No source") == [(3, "L-2"), (8, "L-5"), (9, "L-6")]
	assert run.found("Date not readable") == [(8, "L-5"), (9, "L-6")]


def test_a_quotation_mark_left_open_costs_some_rows_and_not_the_file(audit):
	rows = "".join(f"L-{i},Contact {i},Website\n" for i in range(30_000))
	run = audit(f'ID,Full Name,Source\nL-x,"open,\n{rows}L-y,Contact,\n')
	assert run.code == 0
	assert run.found("No source")[-1] == (30_003, "L-y")
	broken = run.found("Row not readable")
	assert broken and broken[0][0] == 2


@pytest.mark.parametrize(
	("text", "expected"),
	[
		("2026-11-21", datetime(2026, 11, 21)),
		("2026-11-21 09:30:15.123456", datetime(2026, 11, 21, 9, 30, 15, 123456)),
		("2026-11-21T09:30:15+08:00", datetime(2026, 11, 21, 9, 30, 15)),
		("2026-11-21T09:30:15Z", datetime(2026, 11, 21, 9, 30, 15)),
		("2026/11/21", datetime(2026, 11, 21)),
		("2026/1/2 9:05", datetime(2026, 1, 2, 9, 5)),
		("21.11.2026", datetime(2026, 11, 21)),
		("21-11-2026 18:00:00", datetime(2026, 11, 21, 18)),
		("11/21/2026", datetime(2026, 11, 21)),
		("11/21/2026 3:04 PM", datetime(2026, 11, 21, 15, 4)),
		("11/21/2026 12:04 am", datetime(2026, 11, 21, 0, 4)),
		("21/11/2026", datetime(2026, 11, 21)),
		("21/11/26", datetime(2026, 11, 21)),
		("2026年11月21日", datetime(2026, 11, 21)),
		("2026年1月2日 下午3:04", datetime(2026, 1, 2, 15, 4)),
		("2026年1月2日15时04分05秒", datetime(2026, 1, 2, 15, 4, 5)),
		("21 Nov 2026", datetime(2026, 11, 21)),
		("Nov 21, 2026 3:04 PM", datetime(2026, 11, 21, 15, 4)),
		("", None),
	],
)
def test_date_forms(text, expected):
	assert DateColumn().parse(text) == expected


@pytest.mark.parametrize(
	"text",
	[
		"soon",
		"7",
		"2026",
		"2026-13-01",
		"30.02.2026",
		"0001-01-01",
		"9999-12-31",
		"21.11",
		"Nov 2026",
		"11:30",
		"2026-11-21 25:00",
		"1/2/3/4",
	],
)
def test_what_is_no_date(text):
	with pytest.raises(DateError):
		DateColumn().parse(text)


@given(st.text(max_size=30))
def test_no_text_breaks_the_date_reader(text):
	try:
		moment = DateColumn().parse(text)
	except DateError:
		return
	assert moment is None or (1970 <= moment.year <= 2199 and moment.tzinfo is None)


def test_order_is_settled_by_evidence_then_by_the_other_columns_then_day_first():
	us, unclear, eu = DateColumn(), DateColumn(), DateColumn()
	for column, values in (
		(us, ["03/04/2026", "11/21/2026"]),
		(unclear, ["03/04/2026"]),
		(eu, ["21.11.2026"]),
	):
		for value in values:
			column.evidence.look_at(value)
	settle_orders([us, unclear])
	assert (us.order, unclear.order) == (MONTH_FIRST, MONTH_FIRST)
	assert us.parse("03/04/2026") == datetime(2026, 3, 4)
	settle_orders([eu, unclear])
	assert (eu.order, unclear.order) == (DAY_FIRST, DAY_FIRST)
	settle_orders([unclear])
	assert unclear.order == DAY_FIRST


def test_column_order_over_the_whole_file(audit):
	# The proof stands in the last row; the first is read by it: 4 March, so 40 hours are over on 6 March.
	run = audit(
		"ID,Captured On,Created On\nL-1,03/04/2026,03/06/2026\nL-2,03/04/2026,03/04/2026\nL-3,11/21/2026,11/21/2026\n"
	)
	assert [f["detail"] for f in run.findings if f["finding"] == "Entered late"] == [
		"captured 2026-03-04, entered 2026-03-06: 48 hours later"
	]
	assert "dates are read month first" in run.html


def test_ambiguous_column_is_reported_with_the_assumption(audit):
	run = audit("ID,Created On\nL-1,03/04/2026\nL-2,05/06/2026\n")
	assert "ambiguous dates such as 03/04/2026" in run.html and "Read day first" in run.html
	assert "ambiguous" not in audit("ID,Created On\nL-1,2026-03-04\n").html


def test_as_of_day_means_its_end():
	assert parse_as_of("2026-11-21") == datetime(2026, 11, 21, 23, 59, 59)
	assert parse_as_of("2026-11-21 00:00") == datetime(2026, 11, 21)
	assert parse_as_of("2026-11-21 10:30") == datetime(2026, 11, 21, 10, 30)


@pytest.mark.parametrize(
	("text", "decimal", "expected"),
	[
		("1234.5", None, 1234.5), ("1,234.50", None, 1234.5), ("1.234,50", None, 1234.5), ("1,234", None, 1234),
		("12,5", None, 12.5), ("1.234.567", None, 1234567), ("¥ 12,000.00", None, 12000), ("€1.234,50", None, 1234.5),
		("$1,200", None, 1200), ("1 234,50 €", None, 1234.5), ("1\u00a0234,50", None, 1234.5), ("70 %", None, 70),
		("(1,200)", None, -1200), ("-5", None, -5), ("￥１２", None, 12), ("1.234", ",", 1234), ("1.234", None, 1.234),
		("CNY 500", None, 500), ("3万", None, 30000), ("1'234.50", None, 1234.5), ("", None, None), (" ", None, None),
	],
)  # fmt: skip
def test_numbers(text, decimal, expected):
	assert parse_number(text, decimal) == expected


@pytest.mark.parametrize("text", ["abc", "1-2-3", "inf", "nan", "12 apples and 3", "--5", "1e999"])
def test_what_is_no_number(text):
	with pytest.raises(NumberError):
		parse_number(text)


@given(st.text(max_size=20))
def test_no_text_breaks_the_number_reader(text):
	try:
		number = parse_number(text)
	except NumberError:
		return
	assert number is None or isinstance(number, float)


@settings(max_examples=500, deadline=None)
@given(
	st.text(alphabet="0123456789 -+().xX#转", max_size=16)
	| st.from_regex(r"\+?(\d)\1{5,11}|1?23456789?0?", fullmatch=True)
)
@example("1111111 x123")
@example("1111111#402")
@example("１３８００００００００")
def test_short_cut_for_test_numbers_agrees_with_the_engine(phone):
	assert looks_made_up(phone) == leads.is_test_number(phone)


@given(
	st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)),
	st.sampled_from(
		[
			(48, "Hours"),
			(1, "Weeks"),
			(2, "Months"),
			(3, "Working Days"),
			(7, "Working Hours"),
			(0.01, "Hours"),
			(1, "Days"),
		]
	),
)
def test_fast_deadlines_agree_with_the_engine(start, period):
	calendar = worktime.Calendar(holidays=frozenset({datetime(2026, 10, 1).date()}))
	assert Deadlines(scoring.Period(*period), calendar).due(start) == worktime.add(start, *period, calendar)


def test_days_without_a_list():
	days = Days()
	for value in (1, 1, 2, 9):
		days.add(value)
	assert (days.quantile(0.5), days.quantile(0.9), days.most, days.total) == (1, 9, 9, 4)
	assert Days().quantile(0.5) is None


def test_names_are_bounded():
	names = Names()
	for i in range(MOST_NAMES + 500):
		names.number(f"rep {i}")
	assert len(names.names) == MOST_NAMES + 1 and len(names.numbers) == MOST_NAMES + 1
	assert names.number("rep 3") == 3


def test_memory_does_not_grow_with_the_file(tmp_path):
	resource = pytest.importorskip("resource")
	del resource
	code = (
		"import resource, sys; from salesflow_std.audit.cli import main; main(sys.argv[1:], standalone_mode=False);"
		"print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
	)

	def peak(rows: int) -> int:
		path = tmp_path / f"{rows}.csv"
		with open(path, "w", encoding="utf-8") as file:
			file.write("ID,Organization Name,Email,Source\n")
			file.writelines(f"L-{i},Company {i},c{i % (rows // 2)}@example.com,\n" for i in range(rows))
		done = subprocess.run(
			[sys.executable, "-c", code, str(path), "--out", str(tmp_path / "out")],
			cwd=Path(reader.__file__).parents[2], capture_output=True, text=True, encoding="utf-8", check=True,
		)  # fmt: skip
		return int(done.stdout.split("peak")[1])

	# Four times the rows, all of them with a finding and half of them duplicates. Kept in memory, the texts
	# alone of 90,000 rows more would be some 40 MB.
	small, large = peak(30_000), peak(120_000)
	assert large < small * 1.2
