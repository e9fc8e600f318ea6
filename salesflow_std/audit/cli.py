"""The command line of the offline audit."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

import click

from salesflow_std import __version__
from salesflow_std.engine.errors import EngineError

from . import columns, dates, index, mapping, report, rules, summary
from .errors import AuditError
from .findings import Findings
from .leads import LeadAudit
from .opportunities import OpportunityAudit
from .reader import Table
from .texts import LANGUAGES, Texts

SAMPLE = Path(__file__).parent / "sample"
SAMPLE_AS_OF = "2026-11-20 18:00"

REPORT, FINDINGS = "report.html", "findings.csv"


class OneLine(click.ClickException):
	"""An error as one line on stderr and exit code 2."""

	exit_code = 2

	def show(self, file=None) -> None:
		"""Prints the line."""
		click.echo("salesflow-audit: " + " ".join(summary.printable(self.message).split()), err=True)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("leads", metavar="[LEADS.csv]", required=False)
@click.option("--opportunities", metavar="OPPS.csv", help="Export of the opportunities.")
@click.option(
	"--out",
	default="audit-report",
	metavar="DIR",
	show_default=True,
	help="Where report.html and findings.csv go.",
)
@click.option(
	"--as-of", metavar="DATE", help="The moment the audit looks from; a day means its end. Default: now."
)
@click.option(
	"--mapping", "mapping_file", metavar="FILE", help="JSON file for another CRM's columns; see the README."
)
@click.option(
	"--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the report."
)
@click.option(
	"--model",
	"lead_model",
	default="BNAU",
	metavar="NAME|FILE",
	show_default=True,
	help="Scoring model for leads: a shipped one (BNAU, Funnel guide, Team template) or a JSON file.",
)
@click.option(
	"--opportunity-model",
	default="Opportunity S/A/B",
	metavar="NAME|FILE",
	show_default=True,
	help="Scoring model for opportunities.",
)
@click.option(
	"--holidays",
	metavar="FILE",
	help="Text file with one holiday per line; +DATE is a working day all the same.",
)
@click.option("--encoding", metavar="ENC", help="Encoding of the exports; found out if not given.")
@click.option("--sample", is_flag=True, help="Audit the sample export that comes with the app.")
@click.version_option(__version__, prog_name="salesflow-audit")
def main(
	leads: str | None,
	opportunities: str | None,
	out: str,
	as_of: str | None,
	mapping_file: str | None,
	lang: str,
	lead_model: str,
	opportunity_model: str,
	holidays: str | None,
	encoding: str | None,
	sample: bool,
) -> None:  # fmt: skip
	"""Says what the sales standard would say of a CRM's CSV exports.

	LEADS.csv is an export of the leads; it may be left out when --opportunities is given. Nothing is sent
	anywhere and nothing is changed: report.html and findings.csv are written to DIR.

	Exit code: 0 when the report was written, 2 when something about the input is wrong.
	"""  # fmt: skip
	for stream in (sys.stdout, sys.stderr):
		# A terminal that cannot show a character gets a question mark, never a traceback.
		if hasattr(stream, "reconfigure"):
			stream.reconfigure(errors="replace")
	t = Texts(lang)
	try:
		if sample:
			leads = leads or str(SAMPLE / "leads.csv")
			opportunities = opportunities or str(SAMPLE / "opportunities.csv")
			as_of = as_of or SAMPLE_AS_OF
		if not leads and not opportunities:
			raise AuditError("Give an export of leads, or one with --opportunities, or try --sample.")
		run(
			leads, opportunities, Path(out), t,
			as_of=_as_of(as_of), mapping_file=mapping_file, lead_model=lead_model,
			opportunity_model=opportunity_model, holidays=holidays, encoding=encoding,
		)  # fmt: skip
	except AuditError as error:
		raise OneLine(t.error(error)) from None
	except EngineError as error:
		raise OneLine(f"{error.field}: {t(error.template, **error.params)}") from None
	except BrokenPipeError:
		raise  # the reader of our output has seen enough, which is no error of the input
	except OSError as error:
		place = f"{error.filename}: " if error.filename else ""
		raise OneLine(f"{place}{error.strerror or error}") from None


def _as_of(text: str | None) -> datetime:
	if text is None:
		return datetime.now().replace(microsecond=0)
	try:
		return dates.parse_as_of(text)
	except dates.DateError:
		raise AuditError("--as-of: {text} is no date; write it like 2026-11-21", text=text or "''") from None


def run(
	leads: str | None,
	opportunities: str | None,
	out: Path,
	t: Texts,
	*,
	as_of: datetime,
	mapping_file: str | None = None,
	lead_model: str = "BNAU",
	opportunity_model: str = "Opportunity S/A/B",
	holidays: str | None = None,
	encoding: str | None = None,
) -> report.Report:
	"""Reads, judges and writes; prints the summary. Raises AuditError before anything is written."""
	inputs = report.Inputs(
		as_of,
		rules.load_model("--model", lead_model, columns.LEAD),
		rules.load_model("--opportunity-model", opportunity_model, columns.OPPORTUNITY),
	)
	calendar = rules.load_calendar(holidays)
	mapped = mapping.load(mapping_file, inputs.lead_model)
	# Both headers are looked at before the first row is: what is wrong shows at once.
	if leads:
		inputs.lead_table = Table(leads, columns.LEAD, inputs.lead_model, mapped, encoding)
	if opportunities:
		inputs.opportunity_table = Table(
			opportunities, columns.OPPORTUNITY, inputs.lead_model, mapped, encoding
		)
	if out.exists() and not out.is_dir():
		raise AuditError("--out: {path} is a file", path=out)
	with _workshop(out) as workshop:
		store = index.Index(workshop)
		try:
			with open(workshop / FINDINGS, "w", encoding="utf-8-sig", newline="") as file:
				findings = Findings(file, t)
				if table := inputs.lead_table:
					with _progress(table, t) as progress:
						inputs.leads = LeadAudit(
							table, inputs.lead_model, calendar, as_of, findings, store, t
						).run(progress)
				if table := inputs.opportunity_table:
					with _progress(table, t) as progress:
						inputs.opportunities = OpportunityAudit(
							table, inputs.opportunity_model, as_of, findings, store, t
						).run(progress)
			for part in (inputs.leads, inputs.opportunities):
				table = inputs.lead_table if part is inputs.leads else inputs.opportunity_table
				if part is not None and not part.total and table.rows_broken:
					raise AuditError("{path}: no row can be read; is it a CSV file?", path=table.path)
			if inputs.leads is not None:
				inputs.by_month, inputs.by_source, inputs.by_rep = (
					store.funnel(by) for by in ("month", "source", "rep")
				)
		finally:
			store.close()
		built = report.build(inputs, findings, t)
		(workshop / REPORT).write_text(report.render(built, t), encoding="utf-8", newline="\n")
		out.mkdir(parents=True, exist_ok=True)
		for name in (FINDINGS, REPORT):
			os.replace(workshop / name, out / name)
	block = "█"
	try:
		block.encode(sys.stdout.encoding or "ascii")
	except (UnicodeEncodeError, LookupError):
		block = "#"
	for line in summary.lines(built, t, block):
		click.echo(line)
	click.echo("")
	click.echo(t("Report: {path}", path=out / REPORT))
	click.echo(t("Findings: {path} ({count})", path=out / FINDINGS, count=report.number(built.findings)))
	return built


@contextmanager
def _workshop(out: Path) -> Iterator[Path]:
	"""A directory for what is being made, next to where it goes, so that moving it there is one step."""
	place = out
	while not place.is_dir():
		if place == place.parent:
			place = Path.cwd()
			break
		place = place.parent
	with tempfile.TemporaryDirectory(prefix=".salesflow-audit-", dir=place) as directory:
		yield Path(directory)


@contextmanager
def _progress(table: Table, t: Texts) -> Iterator[Callable[[int], None] | None]:
	"""A progress bar over the bytes of a long file, on stderr, and only for a person who watches."""
	long = table.size > 4_000_000 and sys.stderr.isatty()
	with click.progressbar(
		length=table.size, label=t("Reading {file}", file=table.path.name), file=sys.stderr
	) if long else nullcontext() as bar:  # fmt: skip
		if bar is None:
			yield None
			return
		done = 0

		def progress(position: int) -> None:
			nonlocal done
			bar.update(position - done)
			done = position

		yield progress
		progress(table.size)
