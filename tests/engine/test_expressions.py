"""M1: the part of Python that an administrator may write into a gate, and nothing beyond it."""

import pytest

from salesflow_std.engine.expressions import LONGEST, ExpressionError, check

FUNCTIONS = ("any", "len", "sum", "days_since")


def allowed(expression):
	check(expression, FUNCTIONS, ("today",))


@pytest.mark.parametrize(
	"expression",
	[
		"doc.opportunity_amount > 0 and doc.expected_closing",
		"doc.status in ('Open', 'Replied') or not doc.company",
		"any(row.rate > 10 for row in doc.items)",
		"sum([row.qty * row.rate for row in doc.items if row.qty]) >= 1000",
		"doc.get('source') == 'Exhibition'",
		"doc.expected_closing and doc.expected_closing >= today",
		"-1 < days_since(doc.creation) <= 30",
		"'A' if doc.sf_grade == 'A' else False",
	],
)
def test_what_gates_need(expression):
	allowed(expression)


@pytest.mark.parametrize(
	"expression",
	[
		"",
		"doc.",
		"x = 1",
		"import os",
		"__import__('os').system('true')",
		"frappe.db.sql('select 1')",
		"frappe",
		"open('/etc/passwd')",
		"eval('1')",
		"doc.__class__.__mro__",
		"doc._source",
		"().__class__",
		"''.__class__",
		"doc.title.format(doc)",
		"'{0.__class__}'.format(doc)",
		"'%s' % doc",
		"f'{doc.title}'",
		"(lambda: 1)()",
		"(x := 1)",
		"doc['__class__']",
		"doc.save()",
		"doc.delete()",
		"doc.get(fieldname='name')",
		"len",
		"len.__self__",
		"any.__self__.eval",
		"[doc.set for row in doc.items][0]('a')",
		"[x for doc in doc.items]",
		"[len for len in (1,)]",
		"{**doc}",
		"{'a': 1}",
		"9 ** 9 ** 9",
		"1 << 99999999",
		"'a' * 999999999",
		"[0] * 999999999",
		"(await_ for x in y)",
		"yield 1",
		"globals()",
		"getattr(doc, 'save')",
		"print(1)",
		"len(doc.items).__class__",
		"(any or len)(doc.items)",
		"-" * 500 + "1" + "(" * 600,
		"1 + " * LONGEST + "1",
	],
)
def test_what_goes_beyond_is_refused(expression):
	with pytest.raises(ExpressionError):
		allowed(expression)
