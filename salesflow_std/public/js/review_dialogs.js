// The dialogs of a review: ask for it, open it, hand it on, take it back (S2).
//   salesflow.reviews.begin({ proposal, request, on_done })   who will be asked, then open or ask for it
//   salesflow.reviews.hand_over({ review, opinion, on_done })
//   salesflow.reviews.give_reason({ title, text, label, method, args, on_done })
frappe.provide("salesflow.reviews");

const reviews = salesflow.reviews;
const esc = (text) => frappe.utils.escape_html(String(text ?? ""));

// Runs once however often it is pressed; a refusal stands in the dialog, and what was typed stays.
function run(dialog, method, args, on_done) {
	if (dialog.sf_running) return;
	dialog.sf_running = true;
	dialog.disable_primary_action();
	dialog.$body.find(".sf-refused").remove();
	return reviews
		.ask(method, args)
		.then((answer) => {
			dialog.hide();
			return on_done?.(answer);
		})
		.catch((words) => {
			$(`<div class="sf-refused" role="alert"></div>`).html(words).appendTo(dialog.$body);
			dialog.enable_primary_action();
			dialog.sf_running = false;
		});
}

// Who will be asked ------------------------------------------------------------------------------------------

reviews.begin = function ({ proposal, request, on_done }) {
	reviews.ask("who", { proposal }).then(
		(who) => begin_dialog({ proposal, who, request, on_done }),
		(words) => frappe.msgprint({ message: words, title: __("Proposal Review"), indicator: "red" })
	);
};

function begin_dialog({ proposal, who, request, on_done }) {
	const blocked = who.missing?.length || (!request && who.problems?.length);
	const dialog = new frappe.ui.Dialog({
		title: request ? __("Request Review") : __("Open Review"),
		fields: [
			{ fieldname: "who", fieldtype: "HTML", options: asked(who) },
			{
				fieldname: "note",
				fieldtype: "Small Text",
				label: request ? __("Note to the Manager") : __("Note to the Reviewers", null, "Proposal Review"),
				hidden: blocked ? 1 : 0,
			},
		],
		primary_action_label: request ? __("Request Review") : __("Open Review"),
		primary_action: ({ note }) =>
			run(dialog, request ? "request" : "open", { proposal, note }, (answer) => {
				frappe.show_alert({
					message: request ? __("The manager is asked to open the review.") : __("The review is open."),
					indicator: "green",
				});
				return on_done?.(answer);
			}),
	});
	dialog.$wrapper.addClass("sf-review-dialog");
	if (blocked) dialog.get_primary_btn().addClass("hide");
	dialog.show();
	return dialog;
}

function asked(who) {
	const parts = [];
	const list = (rows) => `<ul>${rows.map((row) => `<li>${row}</li>`).join("")}</ul>`;
	if (who.missing?.length) {
		parts.push(`<div class="sf-block" role="alert"><b>${__("The proposal is not ready for a review:")}</b>
			${list(who.missing.map((gap) => `${esc(gap.what)} · <span class="text-muted">${esc(gap.why)}</span>`))}</div>`);
	}
	if (who.problems?.length) {
		const line = ({ what, why, route }) => {
			const name = route ? `<a href="${esc(route)}">${esc(what)}</a>` : esc(what);
			return `${name} · <span class="text-muted">${esc(why)}</span>`;
		};
		parts.push(`<div class="sf-block" role="alert"><b>${__("Nobody can answer:")}</b>${list(who.problems.map(line))}</div>`);
	}
	if (!who.groups?.length && !who.problems?.length) {
		parts.push(`<p>${__("No rule asks for a review of this proposal. Opening it approves the proposal.")}</p>`);
	}
	for (const group of who.groups || []) parts.push(group_of(group));
	return `<div class="sf-who">${parts.join("")}</div>`;
}

function group_of(group) {
	const people = group.people.map((one) => {
		const name = `<b>${esc(one.full_name || one.user)}</b>`;
		if (!one.instead_of) return name;
		return __("{0}, stands in for {1}", [name, esc(one.instead_of_name || one.instead_of)]);
	});
	const notes = [];
	if (group.quorum && group.quorum < people.length) {
		notes.push(__("{0} of {1} approvals are needed", [group.quorum, people.length]));
	}
	if (group.note) notes.push(esc(group.note));
	return `<div class="sf-asked">
		<div class="sf-asked-head"><b>${esc(group.function_label)}</b>
			<span class="text-muted">${group.due_on ? __("until {0}", [reviews.when(group.due_on)]) : ""}</span></div>
		<div>${people.join("<br>")}</div>
		${notes.length ? `<div class="text-muted">${notes.join(" · ")}</div>` : ""}
	</div>`;
}

// Handing on and taking back -----------------------------------------------------------------------------------

reviews.hand_over = function ({ review, opinion, on_done }) {
	const dialog = new frappe.ui.Dialog({
		title: __("Hand Over", null, "Salesflow"),
		fields: [
			{
				fieldname: "to",
				fieldtype: "Autocomplete",
				label: __("Hand Over To"),
				reqd: 1,
				options: [],
				get_query: () => ({ query: `${reviews.API}.delegates`, params: { review } }),
				description: __("Who decides instead. They are told by e-mail."),
			},
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason", null, "Salesflow") },
		],
		primary_action_label: __("Hand Over", null, "Salesflow"),
		primary_action: ({ to, reason }) => run(dialog, "delegate", { review, to, reason, opinion }, on_done),
	});
	dialog.$wrapper.addClass("sf-review-dialog");
	dialog.show();
	return dialog;
};

reviews.give_reason = function ({ title, text, label, method, args, on_done }) {
	const dialog = new frappe.ui.Dialog({
		title,
		fields: [
			{ fieldname: "text", fieldtype: "HTML", options: `<p class="text-muted">${text}</p>` },
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason", null, "Salesflow"), reqd: 1 },
		],
		primary_action_label: label,
		primary_action: ({ reason }) => run(dialog, method, { ...args, reason }, on_done),
	});
	dialog.$wrapper.addClass("sf-review-dialog");
	dialog.show();
	return dialog;
};

reviews.recall = ({ review, on_done }) =>
	reviews.give_reason({
		title: __("Recall the Review"),
		text: __("The proposal becomes a draft again, and whoever was asked is told."),
		label: __("Recall", null, "Salesflow"),
		method: "recall",
		args: { review },
		on_done,
	});

reviews.withdraw = ({ review, on_done }) =>
	reviews.give_reason({
		title: __("Withdraw the Approval"),
		text: __("Quotations with these figures can no longer be submitted until a new version is approved."),
		label: __("Withdraw Approval"),
		method: "withdraw",
		args: { review },
		on_done,
	});
