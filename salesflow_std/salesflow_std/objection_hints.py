"""How to tell a genuine objection from a stall, kind by kind (S4)."""

from __future__ import annotations

from frappe import _


def hints() -> dict[str, dict]:
	"""What to ask and what the answer means, in the user's language: kind ->
	``{"ask": text, "genuine": [text], "stall": [text]}``."""
	return {
		"Price": {
			"ask": _("“If the price were right, would you order from us this month?”"),
			"genuine": [
				_("Names a number: a budget, an offer, a limit of approval."),
				_("Asks what can be left out, paid later or rented."),
			],
			"stall": [
				_("“Too expensive”, compared with nothing, before the value was talked about."),
				_("After a concession the next reason comes up."),
			],
		},
		"Feature": {
			"ask": _("“What happens today without it, and who would use it how often?”"),
			"genuine": [
				_("Describes a task, its users and its frequency."),
				_("Stood among the must-needs, or belongs to one."),
			],
			"stall": [
				_("Comes from a competitor's list, and nobody in the house asks for it."),
				_("A wish for later is suddenly said to decide."),
			],
		},
		"Delivery Time": {
			"ask": _("“Which day must it be running, and what happens if it is not?”"),
			"genuine": [
				_("Names a date and its reason: a start of production, an audit, a season."),
				_("Talks about a partial delivery or a first phase."),
			],
			"stall": [
				_("Wants it at once, but no date for the order exists."),
				_("The date moves when we can meet it."),
			],
		},
		"Competitor": {
			"ask": _("“What do you like there that you do not find with us?”"),
			"genuine": [
				_("Shows the other offer, or describes it in detail."),
				_("Has tried the other product or talked to one of their customers."),
			],
			"stall": [
				_("Names nobody: “others are cheaper”."),
				_("Uses the name only when the price is talked about."),
			],
		},
		"Contract Terms": {
			"ask": _("“If we agree on this clause, is there another one that stands in the way?”"),
			"genuine": [
				_("Names the clause and the risk, or their own rule for it."),
				_("Their legal department takes part and proposes a wording."),
			],
			"stall": [
				_("“Legal is still looking at it”, without a name or a date."),
				_("New clauses come up each time one is settled."),
			],
		},
		"Trust": {
			"ask": _("“What would you have to see to be sure?”"),
			"genuine": [
				_("Tells of a bad experience, and what it cost."),
				_("Takes the offer of a reference visit or a trial."),
			],
			"stall": [
				_("Wants proof, but has no time for a reference or a trial."),
				_("Has worked with us before and was satisfied."),
			],
		},
		"Timing": {
			"ask": _("“What will be different then, and what does it cost to wait?”"),
			"genuine": [
				_("Names what has to happen first: a budget year, a project, a decision."),
				_("Agrees on a date and on a step until then."),
			],
			"stall": [
				_("“Call again next quarter”, without a reason."),
				_("Has put it off before, with another reason."),
			],
		},
		"Decision": {
			"ask": _("“Who else has to agree, and what will they ask?”"),
			"genuine": [
				_("Names the person or the body, and when it meets."),
				_("Takes us along, or asks for material for that person."),
			],
			"stall": [
				_("“I have to talk to the others”, who stay without names."),
				_("Said before that they decide alone."),
			],
		},
		"Other": {
			"ask": _("“Suppose this were solved: what else would speak against it?”"),
			"genuine": [
				_("Can be described with an example, and somebody in the house suffers from it."),
				_("Once it is solved, a next step is agreed."),
			],
			"stall": [
				_("Stays vague when you ask."),
				_("Once it is solved, another reason takes its place."),
			],
		},
	}
