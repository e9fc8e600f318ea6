"""What a document would be asked by a sales process, gate by gate: the look ahead of whoever sets it up (M1)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.engine import gates as rules
from salesflow_std.salesflow_std import gate_facts, gate_words


def of(process: Document, doc: Document) -> list[dict]:
	"""The gates of the stages that such documents stand in, in the order of the process, met or not.

	``[{"stage", "moment", "gates": [what gate_words.say gives]}]``; gates that are off are left out.
	"""
	stages = [row.stage for row in process.stages if row.lives_on == doc.doctype]
	gates = [gate for gate in gate_facts.gates_of(process) if gate.stage in stages]
	findings = rules.evaluate(gates, gate_facts.gather(doc, gates))
	told = []
	for stage in stages:
		for moment in rules.MOMENTS:
			asked = [found for found in findings if (found.gate.stage, found.gate.moment) == (stage, moment)]
			if asked:
				told.append(
					{
						"stage": stage,
						"moment": moment,
						"gates": [gate_words.say(found, doc) for found in asked],
					}
				)
	return told
