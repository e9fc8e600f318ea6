// How the delivery of a project stands, and the way to its week (A1).
frappe.provide("salesflow");

if (!salesflow.project_sync) {
	const API = "salesflow_std.api.delivery_sync";
	const HEALTH = { "On Track": "green", "At Risk": "orange", Late: "red" };
	const esc = (text) => frappe.utils.escape_html(text || "");

	salesflow.project_sync = {
		async refresh(frm) {
			salesflow.versioned_form.place(frm).remove();
			const { doc } = frm;
			if (frm.is_new() || !doc.customer || !frappe.model.can_read("Delivery Sync")) return;
			if (doc.status === "Open" && frappe.model.can_create("Delivery Sync")) {
				frm.add_custom_button(__("Delivery Sync"), () => this.open(frm));
			}
			const found = await frappe.xcall(`${API}.of_project`, { project: doc.name });
			const is_told_of = doc.sf_handover || found.current || found.last;
			// Meanwhile another project may stand here.
			if (is_told_of && frm.doc === doc) salesflow.versioned_form.strip(frm, this.facts(found));
		},

		facts({ current, last, risks, promises, missed }) {
			const pill = (colour, text) => `<span class="indicator-pill ${colour}">${text}</span>`;
			const day = (date) => esc(frappe.datetime.str_to_user(date));
			const link = (sync) => `<a href="/app/delivery-sync/${encodeURIComponent(sync.name)}">${day(sync.week_of)}</a>`;
			const facts = [];
			if (last) {
				const text = `${esc(__(last.health, null, "Delivery Sync"))} · ${esc(String(flt(last.progress, 1)))} %`;
				facts.push(`${__("Week of {0}:", [link(last)])} ${pill(HEALTH[last.health] || "gray", text)}`);
			} else {
				facts.push(pill("gray", __("Nobody has told yet how the delivery stands")));
			}
			if (current?.status === "Due") {
				const late = current.due_on < frappe.datetime.system_datetime();
				const until = esc(salesflow.graded_form.when(current.due_on));
				const text = late ? __("How the delivery stands was to be told by {0}") : __("Say by {0} how the delivery stands");
				facts.push(pill(late ? "red" : "blue", text.replace("{0}", until)));
			}
			if (risks.length) facts.push(pill("orange", __("Open risks: {0}", [risks.length])));
			if (promises.length) facts.push(pill("orange", __("Open promises: {0}", [promises.length])));
			if (missed) facts.push(pill("red", __("Weeks nobody told: {0}", [missed])));
			return facts;
		},

		open(frm) {
			frappe
				.xcall(`${API}.this_week`, { project: frm.doc.name })
				.then((made) => frappe.set_route("Form", "Delivery Sync", made.name));
		},
	};

	frappe.ui.form.on("Project", { refresh: (frm) => salesflow.project_sync.refresh(frm) });
}
