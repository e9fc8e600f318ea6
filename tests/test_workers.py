"""Several workers share a suite: how many there are, that each has its site, and that a file stays together."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tools import workers
from tools.bench import Database, HarnessError, ShadowBench, Site
from tools.run_tests import Report

HERE = Path(__file__).parent

FILE = """
import os
import pytest

seen = []

@pytest.fixture(scope="module")
def spare_site():
	note("made")

def note(what):
	with open(os.environ["NOTES"], "a") as notes:
		notes.write(f"{__name__.rpartition('.')[2]} {os.environ['SALESFLOW_SITE']} {what}\\n")
"""
TEST = """
def test_{number}(FIXTURE):
	note("{number}")
	seen.append({number})
	assert seen == list(range({number} + 1))
"""


@pytest.mark.parametrize(
	("extra", "environ", "expected"),
	[
		([], {}, min(workers.cores(), workers.AT_MOST)),
		(["--durations=40", "-vv", "--tb=long", "-rA"], {}, min(workers.cores(), workers.AT_MOST)),
		(["-k", "grading"], {}, 1),
		(["-x"], {}, 1),
		(["--lf"], {}, 1),
		(["tests/site/test_fit.py"], {}, 1),
		(["-k", "grading"], {"SALESFLOW_WORKERS": "3"}, 3),
		([], {"SALESFLOW_WORKERS": "1"}, 1),
		([], {"SALESFLOW_WORKERS": "7"}, 7),
	],
)
def test_as_many_as_there_are_cores_unless_few_tests_are_chosen(extra, environ, expected):
	assert workers.count(extra, environ) == expected


@pytest.mark.parametrize("wanted", ["0", "-1", "two", "1.5"])
def test_a_number_that_is_none_is_refused(wanted):
	with pytest.raises(HarnessError, match="SALESFLOW_WORKERS"):
		workers.count([], {"SALESFLOW_WORKERS": wanted})


def test_one_worker_needs_nothing_of_pytest():
	assert workers.arguments(1) == []


@pytest.fixture
def suite(tmp_path, monkeypatch):
	"""A suite of three files and what its tests noted, as lists of file, site and test."""
	folder = tmp_path / "tests"
	folder.mkdir()
	shutil.copy(HERE / "conftest.py", folder)
	shutil.copy(HERE.parent / "pyproject.toml", tmp_path)
	for name, tests, fixture in (("test_a", 3, ""), ("test_b", 30, ""), ("test_c", 1, "spare_site")):
		body = "".join(TEST.replace("FIXTURE", fixture).format(number=number) for number in range(tests))
		(folder / f"{name}.py").write_text(FILE + body)
	notes = tmp_path / "notes"
	env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "SALESFLOW_"))}
	env |= {"NOTES": str(notes), "SALESFLOW_SITE": "one.test", "SALESFLOW_SITES": "one.test two.test"}
	command = [
		sys.executable,
		"-m",
		"pytest",
		"--import-mode=importlib",
		"-c",
		str(tmp_path / "pyproject.toml"),
	]
	command += ["-p", "no:cacheprovider", "-q", *workers.arguments(2), str(folder)]

	def run():
		report = Report()
		report.pytest("made", command, env)
		return report, [line.split() for line in notes.read_text().splitlines()]

	run.folder = folder
	return run


def test_each_worker_has_its_site_and_each_file_one_worker_the_longest_first(suite):
	report, notes = suite()
	assert report.counts["made"] == {"tests": 34, "failures": 0, "errors": 0, "skipped": 0}
	assert report.failed == []
	sites = {}
	for name, site, _what in notes:
		sites.setdefault(name, set()).add(site)
	assert all(len(used) == 1 for used in sites.values()), sites
	assert set.union(*sites.values()) == {"one.test", "two.test"}
	assert [what for name, _site, what in notes if name == "test_c"] == ["made", "0"]
	first = {}
	for name, site, _what in notes:
		first.setdefault(site, name)
	assert sorted(first.values()) == ["test_b", "test_c"], (
		"a file that makes sites, and the one with most tests"
	)


def test_a_failure_is_counted_and_its_name_and_lines_are_printed(suite, capfd):
	with (suite.folder / "test_a.py").open("a") as file:
		file.write("\ndef test_wrong():\n\tassert list(range(300)) == []\n")
	report, _notes = suite()
	assert report.failed == ["made"]
	assert report.counts["made"] == {"tests": 35, "failures": 1, "errors": 0, "skipped": 0}
	assert report.close() == 1
	out = capfd.readouterr().out
	assert "tests/test_a.py::test_wrong" in out
	assert "failed (call): tests/test_a.py::test_wrong" in out.partition("FAILURES")[0], "at once"
	assert "assert list(range(300)) == []" in out
	assert "297,\nE" in out and "Use -v" not in out, "what differs, in full"
	assert "FAILED: 34 passed, 1 failed, 0 skipped (passed: made 34)" in out


def test_a_worker_that_dies_fails_the_run(suite, capfd):
	with (suite.folder / "test_b.py").open("a") as file:
		file.write("\ndef test_dies():\n\tos._exit(1)\n")
	report, _notes = suite()
	assert report.failed == ["made"]
	assert report.close() == 1
	assert "test_b.py::test_dies" in capfd.readouterr().out


def test_processes_that_note_their_sites_keep_each_others(tmp_path):
	def bench():
		return ShadowBench(Path("/real"), tmp_path)

	ours, theirs = bench(), bench()
	sites = [Site(owner, name, Database(f"db_{name}", "")) for owner, name in ((ours, "a"), (theirs, "b"))]
	for site in sites:
		site.bench.save_state(site)
	assert {site.name for site in bench()._read_state()} == {"a", "b"}
	ours.save_state(sites[0], gone=True)
	assert [(site.name, site.database.name) for site in bench()._read_state()] == [("b", "db_b")]
	assert (tmp_path / "state.json").stat().st_mode & 0o077 == 0
