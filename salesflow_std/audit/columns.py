"""Which column of an export is which field: labels in English and Chinese, and field names.

The labels are those of ERPNext's Lead and Opportunity (report view and data export), of this app's own
fields, and a few that older versions used.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from salesflow_std.engine import scoring

LEAD, OPPORTUNITY = "Lead", "Opportunity"
DEAL, ACCOUNT, PRODUCT, TEAM = "Deal", "Account", "Product", "Team"

LEAD_FIELDS: dict[str, tuple[str, ...]] = {
	"name": ("ID", "Name", "编号", "标识", "单据编号", "线索编号"),
	"lead_name": ("Full Name", "Lead Name", "Person Name", "全名", "线索姓名", "联系人姓名"),
	"company_name": ("Organization Name", "Organisation Name", "Company Name", "组织名称", "公司名称"),
	"email_id": ("Email", "Email Address", "Email ID", "电子邮件", "邮箱", "电子邮箱", "电子邮件地址"),
	"phone": ("Phone", "电话"),
	"mobile_no": ("Mobile No", "Mobile No.", "Mobile", "手机号码", "手机", "手机号"),
	"source": ("Source", "Lead Source", "源", "来源", "线索来源"),
	"status": ("Status", "Lead Status", "状态"),
	"lead_owner": ("Lead Owner", "线索负责人", "负责人"),
	"owner": ("Owner", "Created By", "业主", "所有者", "创建人"),
	"creation": ("Created On", "Creation", "创建于", "创建时间", "创建", "创建日期"),
	"sf_captured_on": ("Captured On", "捕获时间", "获取时间"),
	"sf_first_touched_on": ("First Touched On", "首次触达时间", "首次触达"),
	"sf_grade": ("Grade", "等级"),
	"sf_graded_on": ("Graded On", "评级时间", "评分时间"),
	"sf_invalid_reason": ("Invalid Reason", "无效原因"),
}

OPPORTUNITY_FIELDS: dict[str, tuple[str, ...]] = {
	"name": ("ID", "Name", "编号", "标识", "单据编号", "商机编号"),
	"title": ("Title", "标题"),
	"party_name": ("Party", "往来单位"),
	"opportunity_from": ("Opportunity From", "机会来源"),
	"customer_name": ("Customer Name", "客户名称", "Customer / Lead Name"),
	"status": ("Status", "状态"),
	"sales_stage": ("Sales Stage", "销售阶段"),
	"opportunity_owner": ("Opportunity Owner", "商机负责人", "负责人"),
	"owner": ("Owner", "Created By", "业主", "所有者", "创建人"),
	"source": ("Source", "Lead Source", "源", "来源", "线索来源"),
	"creation": ("Created On", "Creation", "创建于", "创建时间", "创建", "创建日期"),
	"modified": ("Last Updated On", "Last Modified On", "最后更新日期", "最后更新时间", "上次修改"),
	"transaction_date": ("Opportunity Date", "日期机会", "机会日期", "商机日期"),
	"expected_closing": ("Expected Closing Date", "Expected Closing", "预计截止日期", "预计成交日期"),
	"probability": ("Probability (%)", "Probability", "概率（％）", "概率(%)", "概率"),
	"opportunity_amount": ("Opportunity Amount", "机会金额", "商机金额", "金额"),
	"sf_stage_entered_on": ("Stage Entered On", "进入阶段时间"),
	"closed_on": ("Closed On", "关闭日期", "结束日期"),
}

# What `bench import-pipeline` reads: deals, and the lists that go with them.
DEAL_FIELDS: dict[str, tuple[str, ...]] = {
	"name": ("ID", "Deal ID", "Opportunity ID", "编号", "商机编号"),
	"account": ("Account", "Customer", "Customer Name", "客户", "客户名称"),
	"product": ("Product", "产品"),
	"rep": ("Sales Agent", "Rep", "Opportunity Owner", "销售代表", "负责人"),
	"stage": ("Deal Stage", "Stage", "Sales Stage", "阶段", "销售阶段"),
	"engaged_on": ("Engage Date", "Opportunity Date", "开始日期", "商机日期"),
	"closed_on": ("Close Date", "Closed On", "结束日期", "关闭日期"),
	"amount": ("Close Value", "Opportunity Amount", "Amount", "金额", "商机金额"),
}
ACCOUNT_FIELDS: dict[str, tuple[str, ...]] = {
	"name": ("Account", "Customer", "Customer Name", "客户", "客户名称"),
	"industry": ("Sector", "Industry", "行业"),
	"revenue": ("Revenue", "Annual Revenue", "年收入", "年营业额"),
	"employees": ("Employees", "No of Employees", "员工人数", "员工数"),
}
PRODUCT_FIELDS: dict[str, tuple[str, ...]] = {
	"name": ("Product", "Item", "产品"),
	"price": ("Sales Price", "Price", "List Price", "单价", "价格"),
}
TEAM_FIELDS: dict[str, tuple[str, ...]] = {
	"name": ("Sales Agent", "Rep", "销售代表"),
	"manager": ("Manager", "经理", "销售经理"),
	"region": ("Regional Office", "Region", "Territory", "区域", "大区"),
}

FIELDS = {
	LEAD: LEAD_FIELDS,
	OPPORTUNITY: OPPORTUNITY_FIELDS,
	DEAL: DEAL_FIELDS,
	ACCOUNT: ACCOUNT_FIELDS,
	PRODUCT: PRODUCT_FIELDS,
	TEAM: TEAM_FIELDS,
}
# How a mapping file calls each kind of document.
SECTIONS = {
	"leads": LEAD,
	"opportunities": OPPORTUNITY,
	"deals": DEAL,
	"accounts": ACCOUNT,
	"products": PRODUCT,
	"teams": TEAM,
}
OF_AUDIT = ("leads", "opportunities")
OF_PIPELINE = ("deals", "accounts", "products", "teams")

DATE_FIELDS = {
	LEAD: ("creation", "sf_captured_on", "sf_first_touched_on", "sf_graded_on"),
	OPPORTUNITY: (
		"creation", "modified", "transaction_date", "expected_closing", "sf_stage_entered_on", "closed_on",
	),
	DEAL: ("engaged_on", "closed_on"),
	ACCOUNT: (),
	PRODUCT: (),
	TEAM: (),
}  # fmt: skip

# One of each group must be there; the audit says of everything else what it cannot tell without it.
REQUIRED = {
	LEAD: (("name", "lead_name", "company_name", "email_id"),),
	OPPORTUNITY: (("name", "title", "party_name", "customer_name"), ("status", "sales_stage")),
	DEAL: (("name",), ("stage",)),
	ACCOUNT: (("name",),),
	PRODUCT: (("name",),),
	TEAM: (("name",),),
}

# How the shipped dimensions (L5) are called in exports, besides their code and label.
POINT_LABELS = {
	"B": ("Budget", "预算"),
	"N": ("Need", "需求"),
	"A": ("Authority", "Decision", "D", "决策权", "决策"),
	"U": ("Urgency", "紧急度", "紧迫度"),
}
POINTS = "points."

_LEAD_STATUS = {
	"Lead": ("线索", "商机"),  # ERPNext's Chinese calls a Lead 商机 and an Opportunity 机会
	"Open": ("开", "打开", "未处理", "待跟进", "New", "Contacted", "Nurture"),
	"Replied": ("回答", "已回复"),
	"Opportunity": ("机会",),
	"Quotation": ("报价",),
	"Lost Quotation": ("遗失的报价", "丢失的报价", "Lost", "丢单"),
	"Interested": ("当事的", "感兴趣", "有兴趣", "Qualified"),
	"Converted": ("已转换", "已转化", "Won"),
	"Do Not Contact": ("请勿打扰", "请勿联系", "Junk", "Unqualified"),
}
_OPPORTUNITY_STATUS = {
	"Open": ("开", "打开", "未结", "进行中"),
	"Quotation": ("报价", "已报价"),
	"Converted": ("已转换", "已成交", "赢单", "成交", "Won", "Closed Won"),
	"Lost": ("遗失", "已丢失", "丢单", "输单", "Closed Lost"),
	"Replied": ("回答", "已回复"),
	"Closed": ("已关闭", "关闭"),
}
STATUSES = {LEAD: _LEAD_STATUS, OPPORTUNITY: _OPPORTUNITY_STATUS}

# The line ERPNext adds below a report, and the words before the rows of a data export template.
TOTAL_WORDS = frozenset({"Total", "TOTAL", "total", "总", "总计", "合计", "总和"})
_DATA_BELOW = ("start entering data below this line", "请在此线下开始输入数据", "请在此行下方开始录入数据")
_TEMPLATE_ROWS = frozenset({"mandatory:", "type:", "info:", "必须项:", "类型:", "信息:"})
PREAMBLE_ROWS = 60


def plain(label: str) -> str:
	"""A label as it is compared: no case, width, surrounding quotes or double spaces."""
	text = unicodedata.normalize("NFKC", label).replace("\ufeff", "").strip().strip("\"'").strip().casefold()
	return re.sub(r"\s+", " ", text)


def statuses(document: str) -> dict[str, str]:
	"""Every known spelling of a status (as `plain` gives it) -> ERPNext's status."""
	known: dict[str, str] = {}
	for status, others in STATUSES[document].items():
		for text in (status, *others):
			known.setdefault(plain(text), status)
	return known


def known_labels(document: str, model: scoring.Model | None) -> dict[str, str]:
	"""Label (as `plain` gives it) -> field. Dimensions of the lead model are fields called ``points.B``."""
	labels: dict[str, str] = {}
	fields = FIELDS[document]
	for name in fields:
		labels[name] = name
	for name, texts in fields.items():
		for text in texts:
			labels.setdefault(plain(text), name)
	if document == LEAD and model:
		codes = {d.code for d in model.dimensions}
		for dimension in model.dimensions:
			aliases = [
				a for a in POINT_LABELS.get(dimension.code, ()) if a == dimension.code or a not in codes
			]
			for text in (dimension.code, POINTS + dimension.code, dimension.label, *aliases):
				labels.setdefault(plain(text), POINTS + dimension.code)
	return labels


@dataclass
class Header:
	"""Where the columns are: field -> position, how many columns there are, and the rows before the data."""

	positions: dict[str, int]
	width: int
	labels: Sequence[str]
	rows_before_data: int
	twice: list[str] = field(default_factory=list)


def find_header(
	rows: Sequence[Sequence[str]], labels: Mapping[str, str], mapped: Mapping[str, str | None]
) -> Header | None:
	"""The header among a file's first rows: the row that names most fields. None when no row names any.

	ERPNext's data export puts notes before it, field names and types after it; a report starts with it. A
	field that a mapping names is looked for under the mapped label only.
	"""
	wanted = {name: plain(label) for name, label in mapped.items() if label}
	best: dict[str, int] = {}
	at = -1
	scores = []
	for i, row in enumerate(rows[:PREAMBLE_ROWS]):
		positions = _positions(row, labels, wanted, mapped)
		scores.append(len(positions))
		if len(positions) > len(best):
			best, at = positions, i
	if at < 0:
		return None
	row = rows[at]
	end = at + 1
	for i in range(at + 1, min(len(rows), PREAMBLE_ROWS)):
		first = plain(rows[i][0]) if rows[i] else ""
		if first.rstrip(":") in {text.rstrip(":") for text in _DATA_BELOW}:
			end = i + 1
			break
		if i == end and (first in _TEMPLATE_ROWS or scores[i] >= max(2, (len(best) + 1) // 2)):
			end = i + 1
	twice = [
		label for label in {plain(c) for c in row if c.strip()}
		if label in labels and sum(plain(c) == label for c in row) > 1
	]  # fmt: skip
	return Header(best, len(row), list(row), end, sorted(twice))


def _positions(
	row: Sequence[str], labels: Mapping[str, str], wanted: Mapping[str, str], mapped: Iterable[str]
) -> dict[str, int]:
	cells = [plain(cell) for cell in row]
	positions = {name: cells.index(label) for name, label in wanted.items() if label in cells}
	taken = set(mapped)
	for i, cell in enumerate(cells):
		name = labels.get(cell)
		if name and name not in positions and name not in taken:
			positions[name] = i
	return positions
