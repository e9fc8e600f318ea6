// A contact who left the company: when, and who replaces them (P5).
//   salesflow.contact_left({ contact, title, on_done })
//   salesflow.contact_left({ customer_profile, row, contact, title, on_done })   a row of a decision chain
frappe.provide("salesflow");

const PEOPLE = "salesflow_std.api.people";

salesflow.contact_left = function (opts) {
	if (!opts.contact) return ask(opts);
	frappe.xcall(`${PEOPLE}.state`, { contact: opts.contact }).then((state) => {
		if (state.left_on) return show_left(opts, state);
		ask(opts);
	});
};

function ask(opts) {
	const nobody = "Nobody Yet";
	const is = (value) => `eval:doc.replaced==${JSON.stringify(value)}`;
	const dialog = new frappe.ui.Dialog({
		title: opts.title ? __("{0} Left the Company", [frappe.utils.escape_html(opts.title)]) : __("Left the Company", null, "Contact"),
		fields: [
			{
				fieldname: "left_on",
				fieldtype: "Date",
				label: __("Left On", null, "Salesflow"),
				default: frappe.datetime.get_today(),
				max_date: new Date(),
				reqd: 1,
			},
			{
				fieldname: "replaced",
				fieldtype: "Select",
				label: __("Replaced By", null, "Contact"),
				options: [
					{ value: "Contact", label: __("A known contact") },
					{ value: "New", label: __("A new person") },
					{ value: nobody, label: __("Nobody yet") },
				],
				default: "Contact",
				reqd: 1,
			},
			{
				fieldname: "successor",
				fieldtype: "Link",
				options: "Contact",
				label: __("Contact", null, "Salesflow"),
				depends_on: is("Contact"),
				mandatory_depends_on: is("Contact"),
				only_select: 1,
				filter_description: __("Contacts who are still there"),
				get_query: () => ({ filters: { name: ["!=", opts.contact || ""], sf_left_on: ["is", "not set"] } }),
			},
			{
				fieldname: "name",
				fieldtype: "Data",
				label: __("Name", null, "Salesflow"),
				depends_on: is("New"),
				mandatory_depends_on: is("New"),
			},
			{ fieldname: "position", fieldtype: "Data", label: __("Job Title", null, "Salesflow"), depends_on: is("New") },
			{ fieldname: "email", fieldtype: "Data", options: "Email", label: __("E-mail", null, "Salesflow"), depends_on: is("New") },
			{ fieldname: "phone", fieldtype: "Data", options: "Phone", label: __("Phone", null, "Salesflow"), depends_on: is("New") },
			{
				fieldname: "note",
				fieldtype: "HTML",
				depends_on: is(nobody),
				options: `<p class="text-muted">${__("Finding the right contact becomes a follow-up.")}</p>`,
			},
		],
		primary_action_label: __("Save"),
		primary_action: (values) => {
			const { name, position, email, phone } = values;
			const about = opts.row
				? ["left_chain", { customer_profile: opts.customer_profile, row: opts.row }]
				: ["left", { contact: opts.contact }];
			frappe
				.xcall(`${PEOPLE}.${about[0]}`, {
					...about[1],
					left_on: values.left_on,
					successor: values.replaced === "Contact" ? values.successor : null,
					new_person: values.replaced === "New" ? { name, position, email, phone } : null,
				})
				.then((told) => {
					dialog.hide();
					frappe.show_alert({ message: what_followed(told), indicator: "green" });
					opts.on_done?.(told);
				});
		},
	});
	dialog.show();
}

// What was carried along, so that nobody has to look for it.
function what_followed(told) {
	if (told.successor && told.opportunities) {
		return __("Replaced, also on {0} open opportunities.", [told.opportunities]);
	}
	if (told.successor) return __("Replaced.");
	return told.follow_up ? __("Marked. Finding the right contact is planned.") : __("Marked.");
}

function show_left(opts, state) {
	const esc = frappe.utils.escape_html;
	const day = frappe.datetime.str_to_user(state.left_on);
	const successor =
		state.successor &&
		`<a href="/app/contact/${encodeURIComponent(state.successor)}">${esc(state.successor_name || state.successor)}</a>`;
	const dialog = new frappe.ui.Dialog({
		title: __("Left the Company", null, "Contact"),
		fields: [
			{
				fieldtype: "HTML",
				fieldname: "body",
				options: `<p>${
					successor
						? __("Left the company on {0}; replaced by {1}.", [day, successor])
						: __("Left the company on {0}; nobody replaces them yet.", [day])
				}</p>`,
			},
		],
	});
	if (state.may_undo) {
		dialog.set_primary_action(__("That Was a Mistake"), () =>
			frappe.xcall(`${PEOPLE}.came_back`, { contact: opts.contact }).then(() => {
				dialog.hide();
				frappe.show_alert({ message: __("Taken back."), indicator: "green" });
				opts.on_done?.({});
			})
		);
	}
	dialog.show();
}
