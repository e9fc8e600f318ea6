"""The deliveries of the demo and what their customers said: data alone, read by demo_after_sale."""

from __future__ import annotations

from dataclasses import dataclass

_REP, _MANAGER, _ZH_REP, _ZH_MANAGER = (
	f"{who}@salesflow.demo" for who in ("rep", "manager", "xiaoshou", "jingli")
)


@dataclass(frozen=True)
class Delivery:
	"""A delivery that the customer has accepted so many weeks ago, and their survey.

	`marks` are timeliness, service, needs met (1-5) and recommendation (0-10), `corrected` the marks of a second survey;
	`lead` is whom they referred, `deal` what it is worth.
	"""

	customer: str
	owner: str
	weeks: int
	lines: int = 1
	marks: tuple[int, int, int, int] | None = None
	comment: str = ""
	problem: str = ""
	referral: str = ""
	lead: dict[str, str] | None = None
	deal: float = 0
	corrected: tuple[int, int, int, int] | None = None
	by_phone: bool = False
	is_sent: bool = False
	is_settled: bool = False
	is_open: bool = False
	is_draft: bool = False

	@property
	def language(self) -> str:
		return "zh" if self.owner in (_ZH_REP, _ZH_MANAGER) else "en"


@dataclass(frozen=True)
class Week:
	"""How a delivery stood so many weeks ago; `settled` names risks of the week before that are over."""

	ago: int
	health: str
	progress: float
	done: str
	next: str = ""
	word: str = ""
	milestone: int = 2
	risks: tuple[tuple[str, str, str], ...] = ()
	settled: tuple[str, ...] = ()
	promises: tuple[str, ...] = ()


@dataclass(frozen=True)
class Running:
	"""A delivery under way; `is_late` where nobody has told this week yet."""

	customer: str
	owner: str
	amount: float
	since: int
	weeks: tuple[Week, ...]
	is_late: bool = False

	@property
	def language(self) -> str:
		return "zh" if self.owner in (_ZH_REP, _ZH_MANAGER) else "en"


DELIVERED = (
	Delivery("Valley Medical Works Ltd", _REP, 24, 1, (5, 5, 4, 9), "Every milestone came on its day."),
	Delivery(
		"东方示例装备有限公司", _ZH_REP, 23, 2, (5, 5, 5, 10), "项目经理很专业，培训讲得清楚，现场同事都会用了。",
		referral="滨海示例泵业有限公司，生产部",
		lead={"company_name": "滨海示例泵业有限公司", "person": "生产经理", "email_id": "pumps@demo.example.com"},
		deal=126000,
	),
	Delivery("East Machinery Works Ltd", _REP, 21, 2, (4, 4, 5, 8), "Good work; the manual came late."),
	Delivery(
		"Lake Packaging Works Ltd", _MANAGER, 19, 3, (5, 4, 5, 10), "The planners want nothing else any more.",
		referral="Our sister plant, Delta Packaging",
		lead={"company_name": "Delta Packaging Works Ltd", "person": "Plant Manager", "email_id": "delta@demo.example.com"},
		deal=98000,
	),
	Delivery("华南示例物流有限公司", _ZH_REP, 18, 1, (4, 4, 4, 8), "整体不错，希望报表再灵活一些。"),
	Delivery(
		"South Logistics Works Ltd", _REP, 16, 1, (2, 3, 4, 5), "", "The second terminal came three weeks late.",
		is_settled=True,
	),
	Delivery(
		"云岭示例医疗器械有限公司", _ZH_MANAGER, 14, 2, (3, 2, 4, 6), "", "终端经常掉线，报修后两天才有人到场。",
		is_settled=True,
	),
	Delivery("River Retail Works Ltd", _MANAGER, 13, 1, (4, 5, 4, 8), "Friendly on the phone.", by_phone=True),
	Delivery("Harbour Medical Works Ltd", _REP, 11, 1, is_sent=True),
	Delivery("北辰示例电子有限公司", _ZH_REP, 9, 2, (5, 4, 5, 9), "按期上线，服务响应很快。", referral="可以介绍同园区的企业"),
	Delivery("West Energy Works Ltd", _REP, 8, 1, (3, 4, 3, 6), "Fine by now.", corrected=(4, 4, 3, 8)),
	Delivery("North Software Works Ltd", _MANAGER, 6, 1, (5, 5, 5, 9), "We would do it again.", by_phone=True),
	Delivery(
		"江城示例包装有限公司", _ZH_REP, 3, 1, (4, 2, 3, 4), "", "操作手册缺少中文版，夜班员工不会处理报警。", is_open=True,
	),
	Delivery(
		"Coast Packaging Works Ltd", _REP, 2, 2, (2, 2, 3, 3), "", "The plan and the stock disagree since the last update.",
		is_open=True,
	),
	Delivery("云岭示例医疗器械有限公司", _ZH_MANAGER, 2, 1, (4, 4, 5, 8), "终端已稳定运行，谢谢跟进。"),
	Delivery("华北示例家电有限公司", _ZH_MANAGER, 2, 2, (4, 5, 5, 9), "上线顺利，排产效率提高明显。"),
	Delivery("Upland Retail Works Ltd", _REP, 1, 1, is_sent=True),
	Delivery("云岭示例仪表有限公司", _ZH_REP, 1, 1, is_sent=True),
	Delivery("Meadow Energy Works Ltd", _REP, 0, 1),
	Delivery("滨海示例食品有限公司", _ZH_REP, 0, 1),
	Delivery("Delta Logistics Works Ltd", _REP, 0, 1, is_draft=True),
)  # fmt: skip

_STOCK = "The stock is counted by hand until the interface runs"
_SERVER = "客户机房服务器尚未到货"
RUNNING = (
	Running(
		"North Retail Works Ltd", _REP, 96000, 4,
		(
			Week(4, "On Track", 15, "Interfaces agreed with their IT.", "Set up the test system.", milestone=3),
			Week(3, "At Risk", 30, "Test system runs; no access to the stock yet.", "Get the access.",
				risks=((_STOCK, "High", "Their IT opens the interface by Friday"),), promises=("A list of the fields we need",)),
			Week(2, "At Risk", 45, "Plan of the first line loaded.", "Train the planners.", "They count on the date."),
			Week(1, "On Track", 60, "Planners trained.", "Terminals in hall 1.", "The planners are pleased.",
				settled=(_STOCK,), promises=("A second training for the night shift", "The manual in print")),
		),
		is_late=True,
	),
	Running(
		"River Machinery Works Ltd", _REP, 144000, 2,
		(
			Week(2, "On Track", 40, "Both lines planned in one view.", "Terminals arrive."),
			Week(1, "Late", 50, "Terminals have not arrived.", "Borrow two from the pilot plant.",
				"Without terminals there is no acceptance.",
				risks=(("Terminals come two weeks late", "High", "Two on loan from Monday"),)),
			Week(0, "At Risk", 65, "Two terminals on loan run in hall 1.", "The rest arrives on Thursday.",
				promises=("Take back the terminals on loan without a charge",)),
		),
	),
	Running(
		"江城示例重工有限公司", _ZH_REP, 168000, 3,
		(
			Week(3, "On Track", 20, "完成现场调研，接口方案已确认。", "安装测试环境。", milestone=3),
			Week(2, "At Risk", 30, "测试环境已就绪，服务器未到货。", "先用临时服务器联调。",
				"希望不要影响月底试运行。", risks=((_SERVER, "High", "本周内借用临时服务器"),), promises=("提供服务器配置清单",)),
			Week(1, "On Track", 55, "服务器到货，数据迁移完成。", "开始操作培训。", "进度满意。",
				settled=(_SERVER,), promises=("夜班单独安排一次培训",)),
		),
	),
)  # fmt: skip
