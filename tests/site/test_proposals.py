"""Solution proposals: coverage, prices, versions, the Quotation they become (S1-S3)."""

from tests.site import solutions


def test_smoke():
	doc = solutions.proposal()
	assert doc.list_total == 10000
	assert doc.net_total == 9000
	assert doc.discount_percent == 10
	from salesflow_std.salesflow_std import proposal_quotations, proposals

	assert proposals.missing(doc) == []
	solutions.approve(doc)
	proposal_quotations.make_quotation(doc.name)
	after = proposals.new_version(doc.name)
	assert after.fingerprint == doc.fingerprint
