"""What attackers send to a page for guests: anything at all, with tokens that are almost right (N4, A3).

All of it is seeded, so a failure comes again.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import frappe

from salesflow_std.salesflow_std import public_links
from tests.site import talks
from tests.site.talks import page, text_of


@dataclass(frozen=True)
class Door:
	"""A page for guests as it is attacked.

	`at` is its path, `module` that of its method for programs; `fields` and `words` are what its form sends, `complete`
	all that an answer needs but for the token; `asks` stands on the page while it waits for an answer.
	"""

	at: str
	module: str
	fields: tuple[str, ...]
	words: tuple[str, ...]
	complete: Mapping[str, str]
	asks: str


def scalars(rng):
	pieces = [
		"".join(rng.choices(string.printable, k=rng.randrange(60))),
		"".join(chr(rng.randrange(1, 0xD7FF)) for _ in range(rng.randrange(30))),
		"\x00' OR 1=1 -- ", "../../etc/passwd", "<script>alert(1)</script>", "{{ frappe.session }}", "x" * rng.randrange(20_000),
		"\ud800", "', (select 1))#", "%00", "null", "", "\u202e" * 5,
	]  # fmt: skip
	return rng.choice(pieces)


def anything(rng, depth=2):
	if depth and rng.random() < 0.3:
		return rng.choice(
			[
				[anything(rng, depth - 1) for _ in range(rng.randrange(4))],
				{scalars(rng)[:50]: anything(rng, depth - 1) for _ in range(rng.randrange(4))},
			]
		)
	return rng.choice([scalars(rng), None, True, 0, -1, 1e308, 10**30])


def mutated(rng, token):
	"""Like a real token, and not it."""
	at = rng.randrange(len(token))
	other = rng.choice(
		[c for c in string.ascii_letters + string.digits + "-_" if c.lower() != token[at].lower()]
	)
	return rng.choice(
		[
			token[:at] + other + token[at + 1 :],
			token[:at],
			token + rng.choice(["=", " ", "\n", "\x00", "a"]),
			token[::-1] if token[::-1] != token else "x",
			token.swapcase(),
			public_links.hash_of(token),
			"".join(rng.choices(string.ascii_letters + string.digits + "-_", k=43)),
			scalars(rng),
		]
	)


def tables():
	"""A checksum of every table: what was written shows even where `modified` was left alone."""
	names = [f"`{table}`" for table in frappe.db.get_tables(cached=False)]
	return dict(frappe.db.sql(f"checksum table {', '.join(names)}"))


def has_surrogate(text):
	return any(0xD800 <= ord(char) <= 0xDFFF for char in text)


def payload_of(rng: random.Random, fields: tuple[str, ...], values: Callable[[], object]) -> dict:
	return {rng.choice([*fields, scalars(rng)[:40] or "k"]): values() for _ in range(rng.randrange(6))}


def forged(door: Door, token: str, hidden: tuple[str, ...], rounds: int = 1000) -> None:
	"""No error page, no data of any record, nothing written.

	Whatever comes, the page is one of two, byte by byte: the refusal in English and in Chinese.
	"""
	rng = random.Random(20261121)
	refusals = {lang: text_of(page("a" * 43, at=door.at, lang=lang)) for lang in ("en", "zh")}
	sentences = {
		talks.answer(door=door.module, token="a" * 43, lang=lang)["message"] for lang in ("en", "zh")
	}
	assert len(set(refusals.values())) == len(sentences) == 2
	for html in refusals.values():
		assert "message gone" in html
		assert not any(data in html for data in (*hidden, "Traceback"))
	frappe.db.commit()
	contents, ways = tables(), [0] * 4
	for n in range(rounds):
		payload = payload_of(rng, door.fields, lambda: rng.choice([anything(rng), *door.words]))
		if rng.random() < 0.2:
			payload |= door.complete
		tried = mutated(rng, token)
		assert tried != token
		ip, way = f"2001:db8::{n:x}", rng.randrange(4)
		ways[way] += 1
		if way == 3:
			answer = talks.answer(ip, door.module, **{**payload, "token": tried})
			assert answer["done"] is False and set(answer) == {"done", "message"}, n
			assert answer["message"] in sentences, (n, tried)
			continue
		if way == 0:
			response = page(tried.encode("utf-8", "ignore").decode(), ip=ip, at=door.at)
		elif way == 1:
			texts = {k: v for k, v in payload.items() if isinstance(v, str) and not has_surrogate(k + v)}
			response = page(tried.encode("utf-8", "ignore").decode(), form=texts, ip=ip, at=door.at)
		else:
			sent = {**payload, "token": rng.choice([tried, anything(rng)])}
			response = page(None, json=sent, ip=ip, at=door.at)
		assert response.status_code == 200 and response.mimetype == "text/html", (n, tried)
		assert text_of(response) in refusals.values(), (n, tried)
	assert all(count > rounds // 7 for count in ways)
	now = tables()
	assert not {table for table in now if now[table] != contents[table]}


def nonsense(door: Door, token: str) -> None:
	"""With the real token but a payload that is no answer: no error page, nothing written, and it is asked still."""
	rng = random.Random(4)
	frappe.db.commit()
	contents = tables()
	for n in range(200):
		payload = payload_of(rng, door.fields, lambda: anything(rng))
		# The limit by token is not what is looked at here.
		frappe.cache.delete_value(f"salesflow_std.public:token:{public_links.hash_of(token)}")
		response = page(None, json={**payload, "token": token}, ip=f"2001:db8:1::{n:x}", at=door.at)
		assert response.status_code == 200 and door.asks in text_of(response), n
	now = tables()
	assert not {table for table in now if now[table] != contents[table]}
