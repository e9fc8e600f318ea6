"""Customers, products, reps and regions of an import. What is here already is taken as it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import frappe
from frappe.utils.nestedset import get_root_of

from salesflow_std.audit.columns import ACCOUNT, PRODUCT, TEAM, plain
from salesflow_std.audit.numbers import NumberError, parse_number
from salesflow_std.audit.reader import Table
from salesflow_std.setup.custom_fields import EMPLOYEES

from .plan import Plan
from .rows import BadRow, Refused

_ROOT_PERSON = "Sales Team"


@dataclass
class Rep:
	"""A rep of theirs: the user here, if there is one, and the region."""

	user: str | None = None
	territory: str | None = None


@dataclass
class Masters:
	"""What deals refer to; `made` counts what was brought in, `noted` what was not and why."""

	plan: Plan
	refused: Refused
	dry_run: bool = False
	make_reps: bool = False
	customers: dict[str, str] = field(default_factory=dict)
	reps: dict[str, Rep] = field(default_factory=dict)
	products: dict[str, str] = field(default_factory=dict)
	listed: dict[str, set[str]] = field(default_factory=dict)
	made: Counter = field(default_factory=Counter)
	unmapped_reps: Counter = field(default_factory=Counter)
	unknown_products: Counter = field(default_factory=Counter)
	left_out: dict[str, list[str]] = field(default_factory=dict)
	_known: dict[tuple[str, str], str] = field(default_factory=dict)

	def counted(self) -> tuple[Counter, Counter, Counter]:
		"""The counts so far, for `forget`."""
		return Counter(self.made), Counter(self.unmapped_reps), Counter(self.unknown_products)

	def forget(self, counted: tuple[Counter, Counter, Counter]) -> None:
		"""What was made since is undone in the database: it is looked for anew, and counted anew."""
		self.made, self.unmapped_reps, self.unknown_products = (Counter(part) for part in counted)
		self.customers.clear()
		self._known.clear()
		for rep in self.reps.values():
			rep.user = None

	# Lists ----------------------------------------------------------------------------------------------------

	def read_accounts(self, path: str | Path) -> None:
		"""Brings the customers of their list, with industry, revenue and number of employees."""
		self._each(path, ACCOUNT, self._account)

	def read_products(self, path: str | Path) -> None:
		"""Learns their products; with `make_items` each becomes an Item that is not kept in stock."""
		self._each(path, PRODUCT, self._product)

	def read_teams(self, path: str | Path) -> None:
		"""Brings reps and managers into the tree of Sales Persons, and their regions as territories."""
		self._each(path, TEAM, self._member)

	def _each(self, path: str | Path, document: str, bring: Callable[[dict[str, str]], None]) -> None:
		table = Table(path, document, None, self.plan.columns)
		names = list(table.header.positions)
		taken = set(table.header.positions.values())
		self.left_out[Path(path).name] = [
			label for i, label in enumerate(table.header.labels) if i not in taken
		]
		broken = lambda line, template, **params: self.refused.add(  # noqa: E731
			path, line, "", template.format(**params)
		)
		for line, cells in table.rows(broken):
			said = {name: self.plan.said(document, name, cells[table.at(name)]) for name in names}
			if not said["name"]:
				self.refused.add(path, line, "", "it has no name")
				continue
			try:
				with _kept():
					bring(said)
			except BadRow as problem:
				self.refused.add(path, line, said["name"], str(problem))
			except Exception as problem:
				self.refused.add(path, line, said["name"], f"{type(problem).__name__}: {problem}")
		if not self.dry_run:
			# The list is whole; what comes later must not undo it.
			frappe.db.commit()  # nosemgrep

	# Customers ------------------------------------------------------------------------------------------------

	def customer(self, name: str) -> str:
		"""The Customer of that name, made where there is none: with nothing but its name."""
		key = plain(name)
		if key not in self.customers:
			self.customers[key] = self._found_or_made(name, {}, "customers known by name only")
		return self.customers[key]

	def _account(self, said: dict[str, str]) -> None:
		name = said["name"]
		values = {
			"industry": self._industry(said.get("industry")),
			"sf_annual_revenue": _number(said, "revenue") * self.plan.revenue_factor,
			"sf_no_of_employees": _employees(_number(said, "employees")),
		}
		self.customers[plain(name)] = self._found_or_made(name, values, "customers")

	def _found_or_made(self, name: str, values: dict[str, object], what: str) -> str:
		found = frappe.db.get_value("Customer", {"customer_name": name}, "name", order_by="creation, name")
		if found:
			return found
		self.made[what] += 1
		if self.dry_run:
			return name
		doc = frappe.get_doc(
			{
				"doctype": "Customer",
				"customer_name": name,
				"customer_type": "Company",
				"customer_group": _leaf("Customer Group", "customer_group"),
				"territory": frappe.db.get_single_value("Selling Settings", "territory")
				or get_root_of("Territory"),
				**values,
			}
		)
		return doc.insert(ignore_permissions=True).name

	def _industry(self, text: str | None) -> str | None:
		if not text:
			return None
		known = frappe.db.exists("Industry Type", text)
		if known:
			return known
		self.made["industries"] += 1
		name = text[:1].upper() + text[1:]
		if self.dry_run:
			return name
		doc = frappe.get_doc({"doctype": "Industry Type", "industry": name})
		return doc.insert(ignore_permissions=True).name

	# Products -------------------------------------------------------------------------------------------------

	def product(self, name: str) -> str | None:
		"""The Item of a product, None where it stays a text; one that their list does not have is counted."""
		if not name:
			return None
		if PRODUCT in self.listed and plain(name) not in self.listed[PRODUCT]:
			self.unknown_products[name] += 1
		return self.products.get(plain(name))

	def _product(self, said: dict[str, str]) -> None:
		name = said["name"]
		self.listed.setdefault(PRODUCT, set()).add(plain(name))
		if not self.plan.make_items:
			return
		found = frappe.db.get_value("Item", {"item_name": name}, "name", order_by="creation, name")
		if not found:
			self.made["items"] += 1
		if not found and not self.dry_run:
			doc = frappe.get_doc(
				{
					"doctype": "Item",
					"item_code": name,
					"item_name": name,
					"item_group": _leaf("Item Group"),
					"stock_uom": frappe.db.get_single_value("Stock Settings", "stock_uom") or "Nos",
					"is_stock_item": 0,
				}
			)
			found = doc.insert(ignore_permissions=True).name
		if found:
			self.products[plain(name)] = found

	# Reps and regions -----------------------------------------------------------------------------------------

	def rep(self, name: str) -> Rep:
		"""Who a rep of theirs is here; one without a user is counted, and stays a text."""
		if not name:
			return Rep()
		found = self.reps.setdefault(plain(name), Rep())
		if not found.user:
			found.user = self._user(name)
		if not found.user:
			self.unmapped_reps[name] += 1
		return found

	def _user(self, name: str) -> str | None:
		user = self.plan.reps.get(plain(name))
		if user or not self.make_reps:
			return user
		email = f"{re.sub(r'[^a-z0-9]+', '.', plain(name)).strip('.')}@{self.plan.rep_domain}"
		if frappe.db.exists("User", email):
			return email
		self.made["disabled users"] += 1
		return email if self.dry_run else _disabled_user(email, name)

	def _member(self, said: dict[str, str]) -> None:
		territory = self._territory(said.get("region"))
		manager = said.get("manager")
		above = self._person(manager, None, is_group=1) if manager else None
		self._person(said["name"], above, self.plan.reps.get(plain(said["name"])))
		self.reps[plain(said["name"])] = Rep(territory=territory)

	def _territory(self, name: str | None) -> str | None:
		if not name:
			return None
		known = frappe.db.exists("Territory", name)
		if known:
			return known
		self.made["territories"] += 1
		if self.dry_run:
			return name
		doc = frappe.get_doc(
			{
				"doctype": "Territory",
				"territory_name": name,
				"parent_territory": get_root_of("Territory"),
			}
		)
		return doc.insert(ignore_permissions=True).name

	def _person(self, name: str, above: str | None, user: str | None = None, is_group: int = 0) -> str:
		known = frappe.db.get_value("Sales Person", name, ["name", "is_group"], as_dict=True)
		if known:
			if is_group and not known.is_group and not self.dry_run:
				# Somebody who sells has come to have others below.
				doc = frappe.get_doc("Sales Person", known.name)
				doc.is_group = 1
				doc.save(ignore_permissions=True)
			return known.name
		self.made["sales persons"] += 1
		if self.dry_run:
			return name
		employee = frappe.db.get_value("Employee", {"user_id": user}, order_by="name") if user else None
		doc = frappe.get_doc(
			{
				"doctype": "Sales Person",
				"sales_person_name": name,
				"parent_sales_person": above or get_root_of("Sales Person") or _ROOT_PERSON,
				"is_group": is_group,
				"employee": employee,
				"enabled": 1,
			}
		)
		return doc.insert(ignore_permissions=True).name

	# Why deals were lost ----------------------------------------------------------------------------------------

	def lost_reason(self, name: str) -> str:
		"""The Opportunity Lost Reason of that name, made where there is none."""
		return self._named("Opportunity Lost Reason", "lost_reason", name)

	def competitor(self, name: str) -> str:
		"""The Competitor of that name, made where there is none."""
		return self._named("Competitor", "competitor_name", name)

	def _named(self, doctype: str, field: str, name: str) -> str:
		known = self._known.get((doctype, name)) or frappe.db.exists(doctype, name)
		if not known and self.dry_run:
			return name
		if not known:
			doc = frappe.get_doc({"doctype": doctype, field: name})
			known = doc.insert(ignore_permissions=True).name
		self._known[(doctype, name)] = known
		return known


class _kept:
	"""A savepoint around one record: what fails is undone, and nothing else."""

	def __enter__(self) -> None:
		frappe.db.savepoint("salesflow_pipeline")

	def __exit__(self, kind: type | None, *_rest: object) -> None:
		if kind and not issubclass(kind, (frappe.QueryDeadlockError, frappe.QueryTimeoutError)):
			frappe.db.rollback(save_point="salesflow_pipeline")


def _number(said: dict[str, str], name: str) -> float:
	try:
		return parse_number(said.get(name) or "") or 0
	except NumberError:
		raise BadRow(f"“{said[name]}” is no number ({name})") from None


def _employees(count: float) -> str | None:
	"""The range of a number of employees, as ERPNext has them."""
	if count < 1:
		return None
	tops = (10, 50, 200, 500, 1000)
	return next((text for top, text in zip(tops, EMPLOYEES, strict=False) if count <= top), EMPLOYEES[-1])


def _leaf(doctype: str, setting: str | None = None) -> str:
	"""The group that new records get: the one of the settings, else the first without others below."""
	chosen = frappe.db.get_single_value("Selling Settings", setting) if setting else None
	return chosen or frappe.db.get_value(doctype, {"is_group": 0}, order_by="lft")


def _disabled_user(email: str, name: str) -> str:
	user = frappe.get_doc(
		{
			"doctype": "User",
			"email": email,
			"first_name": name,
			"enabled": 0,
			"send_welcome_email": 0,
			"user_type": "System User",
		}
	)
	user.append_roles("Sales User")
	user.flags.no_welcome_mail = True
	# Frappe lets few new users in an hour, but for imports.
	before, frappe.flags.in_import = frappe.flags.in_import, True
	try:
		return user.insert(ignore_permissions=True).name
	finally:
		frappe.flags.in_import = before


def columns_left_out(found: dict[str, list[str]]) -> Iterator[str]:
	"""The columns of their files that have no place here, a line for each file."""
	for file, labels in found.items():
		if labels:
			yield f"{file}: {', '.join(labels)}"
