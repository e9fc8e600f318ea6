// Setting up a sales process: fields, stages and filters are chosen, not typed (M1).
(() => {
	const API = "salesflow_std.api.sales_process";
	const CHOSEN = { Lead: null, Opportunity: null, Customer: null };
	const EITHER = "|";

	frappe.ui.form.on("Sales Process", {
		onload(frm) {
			// The desk fills in the user's company; a process without one holds for all.
			if (frm.is_new() && !frm.doc.process_name) frm.set_value("company", null);
		},

		setup(frm) {
			const own = () => [...new Set((frm.doc.stages || []).map((row) => row.stage).filter(Boolean))];
			frm.set_query("stage", "gates", () => ({ filters: { name: ["in", own()] } }));
			frm.set_query("stage", "mappings", (doc, cdt, cdn) => ({
				filters: { name: ["in", stages_on(frm, locals[cdt][cdn].document_type)] },
			}));
			frm.set_query("sales_stage", "mappings", () => ({ filters: { name: ["not in", own()] } }));
			frm.set_query("stage", "stages", () => ({ filters: { name: ["not in", own()] } }));
			frm.set_query("linked_doctype", "gates", () => ({ filters: { istable: 0, issingle: 0 } }));
			// What is shipped is written in English; people read it in their own language.
			const field = (name) => frappe.meta.get_docfield("Sales Process Gate", name, frm.docname);
			field("gate").formatter = (value) => frappe.utils.escape_html(value ? __(value) : "");
			// Frappe translates roles to those only who may read them.
			const owner = frappe.meta.get_docfield("Sales Process Stage", "owner_role", frm.docname);
			owner.formatter = (role) => (role ? frappe.utils.escape_html(__(role)) : "");
			// A grid looks choices up without their context.
			for (const name of ["moment", "kind", "mode"]) {
				field(name).formatter = (choice) => (choice ? __(choice, null, "Sales Process Gate") : "");
			}
		},

		refresh(frm) {
			const about = frm.doc.description;
			const told = about ? __(about) : "";
			frm.get_field("description").set_description(told === about ? "" : frappe.utils.escape_html(told));
			if (frm.perm[0]?.write) {
				for (const doctype of ["Lead", "Opportunity"]) {
					choices(doctype).then(() => offer_statuses(frm));
				}
			}
			if (!frm.is_new() || frm.perm[0]?.write) {
				frm.add_custom_button(__("Preview"), () => salesflow.process_preview.open(frm));
			}
		},
	});

	frappe.ui.form.on("Sales Process Stage", {
		form_render(frm, cdt, cdn) {
			tell_labels(frm, cdt, cdn, "key_fields", locals[cdt][cdn].lives_on);
			for (const field of ["guidance", "outputs"]) tell_translated(frm, cdt, cdn, field);
		},
		choose_fields(frm, cdt, cdn) {
			choose_fields(frm, cdt, cdn, "key_fields", locals[cdt][cdn].lives_on, false);
		},
		lives_on(frm, cdt, cdn) {
			if (locals[cdt][cdn].lives_on !== "Opportunity") frappe.model.set_value(cdt, cdn, "probability", 0);
		},
	});

	frappe.ui.form.on("Sales Process Gate", {
		form_render(frm, cdt, cdn) {
			offer_choices(frm, cdt, cdn);
			tell_labels(frm, cdt, cdn, "fieldnames", doctype_of(frm, cdn));
			for (const field of ["gate", "why"]) tell_translated(frm, cdt, cdn, field);
		},
		kind(frm, cdt, cdn) {
			const row = locals[cdt][cdn];
			if (!row.gate && row.kind) frappe.model.set_value(cdt, cdn, "gate", __(row.kind, null, "Sales Process Gate"));
			offer_choices(frm, cdt, cdn);
		},
		stage: offer_choices,
		linked_doctype(frm, cdt, cdn) {
			frappe.model.set_value(cdt, cdn, { link_field: null, linked_filters: null });
			offer_choices(frm, cdt, cdn);
		},
		choose_fields(frm, cdt, cdn) {
			choose_fields(frm, cdt, cdn, "fieldnames", doctype_of(frm, cdn), true);
		},
		choose_filters,
	});

	// What a row is about ----------------------------------------------------------------------------------

	function stages_on(frm, doctype) {
		return (frm.doc.stages || []).filter((row) => row.lives_on === doctype).map((row) => row.stage);
	}

	function doctype_of(frm, cdn) {
		const { stage } = locals["Sales Process Gate"][cdn];
		return (frm.doc.stages || []).find((row) => row.stage === stage)?.lives_on;
	}

	// The control of a field in the row that stands open, if any does.
	function control(frm, cdt, cdn, field) {
		const grid = frm.fields_dict[locals[cdt][cdn].parentfield].grid;
		return grid.grid_rows_by_docname[cdn]?.grid_form?.fields_dict[field];
	}

	// Choices ----------------------------------------------------------------------------------------------

	function choices(doctype) {
		CHOSEN[doctype] = CHOSEN[doctype] || frappe.xcall(`${API}.choices`, { doctype });
		return CHOSEN[doctype];
	}

	function offer_statuses(frm) {
		Promise.all(["Lead", "Opportunity"].map(choices)).then((found) => {
			const all = [...new Set(found.flatMap((one) => one.statuses))];
			frm.fields_dict.mappings.grid.update_docfield_property("status", "options", all);
		});
	}

	function offer_choices(frm, cdt, cdn) {
		const row = locals[cdt][cdn];
		const doctype = doctype_of(frm, cdn);
		const grade = control(frm, cdt, cdn, "grade");
		if (doctype && grade && row.kind === "Grade at Least") {
			choices(doctype).then((found) => grade.set_data(found.grades));
		}
		const link = control(frm, cdt, cdn, "link_field");
		if (doctype && link && row.linked_doctype) {
			frappe
				.xcall(`${API}.link_fields`, { doctype: row.linked_doctype, target: doctype })
				.then((paths) => link.set_data(paths));
		}
	}

	// Texts that are stored in one language and read in another ---------------------------------------------

	function tell_translated(frm, cdt, cdn, field) {
		const value = locals[cdt][cdn][field];
		if (!value) return;
		const told = value.split("\n").map((line) => __(line));
		if (told.join("\n") !== value) tell(frm, cdt, cdn, field, told.join(" · "));
	}

	function tell(frm, cdt, cdn, field, text) {
		control(frm, cdt, cdn, field)?.set_description(frappe.utils.escape_html(text));
	}

	// Fields -----------------------------------------------------------------------------------------------

	const lines_of = (text) =>
		(text || "")
			.split(/[\n,]/)
			.map((line) => line.trim())
			.filter(Boolean);

	function with_fields(doctype, then) {
		if (!doctype) {
			frappe.show_alert({ message: __("Choose the stage first."), indicator: "orange" });
			return;
		}
		choices(doctype).then((found) => then(found.fields));
	}

	function tell_labels(frm, cdt, cdn, field, doctype) {
		const lines = lines_of(locals[cdt][cdn][field]);
		if (!doctype || !lines.length) return;
		with_fields(doctype, (fields) => {
			const label = (name) => fields.find((one) => one.value === name.trim())?.label || name;
			const said = lines.map((line) => line.split(EITHER).map(label).join(` ${__("or", null, "Sales Process")} `));
			tell(frm, cdt, cdn, field, said.join(", "));
		});
	}

	function choose_fields(frm, cdt, cdn, field, doctype, with_either) {
		const lines = lines_of(locals[cdt][cdn][field]);
		with_fields(doctype, (fields) => {
			const dialog = new frappe.ui.Dialog({
				title: __("Fields of {0}", [__(doctype)]),
				fields: [
					{
						fieldname: "chosen",
						fieldtype: "MultiSelectPills",
						label: __("Fields", null, "Sales Process Gate"),
						get_data: () => fields,
					},
					{
						fieldname: "either",
						fieldtype: "Check",
						label: __("One of them is enough"),
						hidden: with_either ? 0 : 1,
						default: 0,
					},
				],
				primary_action_label: __("Take Over"),
				primary_action({ chosen, either }) {
					const names = chosen || [];
					const kept = lines.filter((line) => line.includes(EITHER));
					const taken = either && names.length ? [names.join(` ${EITHER} `)] : names;
					const text = [...taken, ...kept].join("\n");
					dialog.hide();
					frappe.model.set_value(cdt, cdn, field, text).then(() => tell_labels(frm, cdt, cdn, field, doctype));
				},
			});
			dialog.show();
			const chosen = dialog.get_field("chosen");
			chosen.set_data(fields);
			// The list opens below and would lie over the button.
			chosen.$wrapper.closest(".form-section").css("min-height", "24rem");
			dialog.set_value("chosen", lines.filter((line) => !line.includes(EITHER)));
		});
	}

	// Filters of linked documents --------------------------------------------------------------------------

	function choose_filters(frm, cdt, cdn) {
		const row = locals[cdt][cdn];
		frappe.model.with_doctype(row.linked_doctype, () => {
			const dialog = new frappe.ui.Dialog({
				title: __("Which of them count: {0}", [__(row.linked_doctype)]),
				fields: [{ fieldname: "filters", fieldtype: "HTML" }],
				primary_action_label: __("Take Over"),
				primary_action() {
					const filters = group.get_filters().map(([, field, operator, value]) => [field, operator, value]);
					dialog.hide();
					frappe.model.set_value(cdt, cdn, "linked_filters", filters.length ? JSON.stringify(filters) : null);
				},
			});
			const group = new frappe.ui.FilterGroup({
				parent: dialog.get_field("filters").$wrapper,
				doctype: row.linked_doctype,
				on_change: () => {},
			});
			dialog.show();
			group.add_filters_to_filter_group(stored_filters(row));
		});
	}

	function stored_filters(row) {
		try {
			const rows = JSON.parse(row.linked_filters || "[]");
			return rows.map((filter) => (filter.length > 3 ? filter.slice(0, 4) : [row.linked_doctype, ...filter]));
		} catch {
			return [];
		}
	}
})();
