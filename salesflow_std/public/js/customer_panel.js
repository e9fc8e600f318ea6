// The customer profile on the forms of Lead, Opportunity, Prospect and Customer: how complete it is (P1), who
// decides (P2), tags (P4). Needs Record and Account Plan show the same decision chain.
frappe.provide("salesflow");

if (!salesflow.customer_panel) {
	const ROLES = ["Decision Maker", "Influencer", "Finance", "Purchasing", "User", "Gatekeeper"];
	// Who decides stands on top, those who are asked below, those who use it at the bottom.
	const LAYERS = [["Decision Maker"], ["Influencer", "Finance", "Purchasing"], ["User", "Gatekeeper"]];
	const STANCES = ["Unknown", "Champion", "Supporter", "Neutral", "Sceptic", "Opponent"];
	const INFLUENCES = ["High", "Medium", "Low"];

	const esc = (value) => frappe.utils.escape_html(String(value ?? ""));
	const option = (value) => __(value, null, "Decision Chain Member");
	const day = (value) => frappe.datetime.str_to_user(value, false, true);
	const call = (method, args) => frappe.xcall(`salesflow_std.api.profile.${method}`, args);
	const pill = (colour, html, attributes = "") =>
		`<span class="indicator-pill no-indicator-dot ${colour}" ${attributes}>${html}</span>`;

	const piece_label = (piece) =>
		({
			company_name: __("Company Name"),
			industry: __("Industry"),
			size: __("Size", null, "Salesflow"),
			contact_name: __("Contact"),
			position: __("Job Title"),
			phone: __("Phone"),
			email: __("E-mail"),
			first_contact: __("First Contact"),
			source: __("Source", null, "Customer Profile"),
		})[piece];

	// Whether those who decide are reached, and until when somebody is to be.
	function chain_state({ chain, task }) {
		const there = chain.filter((row) => !row.left_on);
		if (!there.length) return "";
		const reached = there.some((row) => row.role === "Decision Maker" && row.reached);
		const state = reached
			? pill("green", __("Decision maker reached"))
			: pill("orange", __("Decision maker not reached"));
		const until =
			task &&
			`<a class="sf-reach" href="/app/follow-up/${encodeURIComponent(task.name)}">${__("Reach until {0}", [
				day(task.due_on),
			])}</a>`;
		return [state, until].filter(Boolean).join(" ");
	}

	// The decision chain of one document, as a picture and as a table that is edited in place.
	class Chain {
		constructor(wrapper, doctype, name, { editable = false, titled = true, says_state = true, data = null, changed = null } = {}) {
			Object.assign(this, { doctype, name, editable, titled, says_state, changed });
			this.wrapper = $(wrapper).empty().addClass("sf-chain");
			this.table_open = false;
			if (data) this.show(data);
			else call("panel", { doctype, name }).then((panel) => this.show(panel));
		}

		show(data) {
			this.data = data;
			this.may_write = this.editable && data.may_write;
			this.wrapper.empty();
			if (!data.party) return;
			this.draw_heading();
			if (data.chain.length) this.draw_picture();
			if (this.may_write && (this.table_open || !data.chain.length)) this.draw_table();
		}

		draw_heading() {
			const title = this.titled ? `<b>${__("Decision Chain", null, "Customer Profile")}</b>` : "";
			const heading = $(`<div class="sf-chain-heading">${title}</div>`);
			if (this.says_state) heading.append(chain_state(this.data));
			if (this.may_write && this.data.chain.length) {
				$(`<button type="button" class="btn btn-xs btn-default sf-chain-edit"></button>`)
					.text(this.table_open ? __("Done Editing") : __("Edit"))
					.attr("aria-expanded", this.table_open)
					.on("click", () => {
						this.table_open = !this.table_open;
						this.show(this.data);
					})
					.appendTo(heading);
			}
			this.wrapper.append(heading);
		}

		draw_picture() {
			const layers = LAYERS.map((roles) => {
				const people = this.data.chain.filter((row) => roles.includes(row.role));
				people.sort((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role));
				return people.length ? `<ul class="sf-layer">${people.map((row) => this.card(row)).join("")}</ul>` : "";
			});
			this.wrapper.append(
				`<div class="sf-chain-picture" role="group" aria-label="${__("Decision Chain", null, "Customer Profile")}">${layers.join(
					""
				)}</div>`
			);
			if (!this.may_write) return;
			this.wrapper.find(".sf-person").on("click keydown", (e) => {
				if (e.type === "keydown" && e.key !== "Enter") return;
				this.edit(this.row(e.currentTarget.dataset.row));
			});
		}

		card(row) {
			const stance = (row.stance || "Unknown").toLowerCase();
			const classes = [
				"sf-person",
				`sf-stance-${stance}`,
				`sf-influence-${(row.influence || "Medium").toLowerCase()}`,
				row.reached ? "sf-reached" : "",
				row.left_on ? "sf-left" : "",
			];
			let below = `${option(row.role)} · ${option(row.stance || "Unknown")}`;
			if (row.left_on) {
				below = row.replaced_by
					? __("Left, replaced by {0}", [esc(row.replaced_by)])
					: __("Left on {0}", [frappe.datetime.str_to_user(row.left_on)]);
			}
			const told = esc(this.in_words(row));
			return `<li class="${classes.join(" ")}" data-row="${esc(row.name)}" title="${told}" aria-label="${told}"
				${this.may_write ? 'tabindex="0"' : ""}>
				<span class="sf-person-name">${esc(row.person)}</span>
				<span class="sf-person-role">${below}</span></li>`;
		}

		// What the card shows by colour, weight and ring.
		in_words(row) {
			const parts = [
				row.person,
				row.position,
				option(row.role),
				__("Stance: {0}", [option(row.stance || "Unknown")]),
				__("Influence: {0}", [option(row.influence || "Medium")]),
				row.reached ? __("Reached", null, "Decision Chain Member") : __("Not reached"),
			];
			if (row.left_on) parts.push(__("Left on {0}", [frappe.datetime.str_to_user(row.left_on)]));
			return parts.filter(Boolean).join(", ");
		}

		draw_table() {
			const rows = this.data.chain.map((row) => this.table_row(row)).join("");
			const head = [__("Person", null, "Decision Chain Member"), __("Role", null, "Decision Chain Member"), __("Stance", null, "Decision Chain Member"), __("Influence", null, "Decision Chain Member"), __("Reached", null, "Decision Chain Member"), ""];
			const known = this.data.people
				.map(
					(person, i) =>
						`<button type="button" class="btn btn-xs btn-default sf-known" data-known="${i}">+ ${esc(
							person.person
						)}</button>`
				)
				.join(" ");
			const table = $(`<div class="sf-chain-table">
				${
					rows
						? `<table class="table table-sm"><thead><tr>${head
								.map((label) => `<th scope="col">${label}</th>`)
								.join("")}</tr></thead><tbody>${rows}</tbody></table>`
						: ""
				}
				<div class="sf-chain-add">
					<input type="text" class="form-control input-xs sf-new-person" maxlength="140"
						placeholder="${__("Add a person…")}" aria-label="${__("Add a person…")}">
					<select class="form-control input-xs sf-new-role" aria-label="${__("Role", null, "Decision Chain Member")}">${this.options(
						ROLES,
						"Influencer"
					)}</select>
					<button type="button" class="btn btn-xs btn-default sf-add-person">${__("Add")}</button>
					${known}
				</div></div>`).appendTo(this.wrapper);
			this.listen(table);
		}

		options(values, chosen) {
			return values
				.map((value) => `<option value="${value}" ${value === chosen ? "selected" : ""}>${option(value)}</option>`)
				.join("");
		}

		table_row(row) {
			const select = (field, values, label) =>
				`<select class="form-control input-xs" data-field="${field}" aria-label="${label}">${this.options(
					values,
					row[field]
				)}</select>`;
			return `<tr data-row="${esc(row.name)}" class="${row.left_on ? "sf-left" : ""}">
				<td><input type="text" class="form-control input-xs" data-field="person" maxlength="140" aria-label="${__("Person", null, "Decision Chain Member")}" value="${esc(row.person)}"></td>
				<td>${select("role", ROLES, __("Role", null, "Decision Chain Member"))}</td>
				<td>${select("stance", STANCES, __("Stance", null, "Decision Chain Member"))}</td>
				<td>${select("influence", INFLUENCES, __("Influence", null, "Decision Chain Member"))}</td>
				<td data-label="${__("Reached", null, "Decision Chain Member")}"><input type="checkbox" data-field="reached" aria-label="${__("Reached", null, "Decision Chain Member")}" ${
					row.reached ? "checked" : ""
				}></td>
				<td>${this.menu(row)}</td></tr>`;
		}

		menu(row) {
			const entries = [["details", __("Details…")]];
			entries.push(row.left_on ? ["back", __("Did Not Leave")] : ["left", __("Left the Company…")]);
			entries.push(["remove", __("Remove", null, "Salesflow")]);
			return `<div class="dropdown"><button type="button" class="btn btn-xs btn-default" data-toggle="dropdown"
				aria-haspopup="true" aria-label="${__("More")}">⋯</button>
				<ul class="dropdown-menu dropdown-menu-right">${entries
					.map(
						([action, label]) =>
							`<li><a class="dropdown-item" href="#" data-action="${action}" data-row="${esc(
								row.name
							)}">${label}</a></li>`
					)
					.join("")}</ul></div>`;
		}

		listen(table) {
			table.on("change", "[data-field]", (e) => {
				const { field } = e.target.dataset;
				const value = field === "reached" ? Number(e.target.checked) : e.target.value;
				this.save({ [field]: value }, $(e.target).closest("tr").attr("data-row"));
			});
			table.on("click", "[data-action]", (e) => {
				e.preventDefault();
				const row = this.row(e.currentTarget.dataset.row);
				const { action } = e.currentTarget.dataset;
				if (action === "details") this.edit(row);
				else if (action === "left") this.left(row);
				else if (action === "back") this.back(row);
				else this.remove(row);
			});
			const add = () => {
				const person = table.find(".sf-new-person").val().trim();
				if (!person) return table.find(".sf-new-person").trigger("focus");
				this.add({ person, role: table.find(".sf-new-role").val() });
			};
			table.find(".sf-add-person").on("click", add);
			table.find(".sf-new-person, .sf-new-role").on("keydown", (e) => {
				// The form's own keys stay out of it.
				if (e.key === "Enter") {
					e.preventDefault();
					add();
				}
			});
			table.find(".sf-known").on("click", (e) => {
				const known = this.data.people[e.currentTarget.dataset.known];
				this.add({ ...known, role: table.find(".sf-new-role").val() });
			});
		}

		row(name) {
			return this.data.chain.find((row) => row.name === name);
		}

		add(person) {
			this.table_open = true;
			this.save(person).then(() => this.wrapper.find(".sf-new-person").trigger("focus"));
		}

		save(person, row) {
			return call("save_person", { doctype: this.doctype, name: this.name, person, row })
				.then((data) => this.took(data))
				.catch(() => this.show(this.data)); // as it was, with the message on top
		}

		remove(row) {
			frappe.confirm(
				__("Remove {0}, entered by mistake? Somebody who left the company is marked, not removed.", [
					esc(row.person),
				]),
				() =>
					call("remove_person", { doctype: this.doctype, name: this.name, row: row.name }).then((data) =>
						this.took(data)
					)
			);
		}

		left(row) {
			const opts = {
				customer_profile: this.data.profile,
				row: row.name,
				contact: row.contact,
				title: row.person,
				on_done: () => this.reload(),
			};
			frappe.require("salesflow_std.bundle.js", () => salesflow.contact_left(opts));
		}

		back(row) {
			const [method, args] = row.contact
				? ["came_back", { contact: row.contact }]
				: ["came_back_to_chain", { customer_profile: this.data.profile, row: row.name }];
			frappe.xcall(`salesflow_std.api.people.${method}`, args).then(() => this.reload());
		}

		reload() {
			return call("panel", { doctype: this.doctype, name: this.name }).then((data) => this.took(data));
		}

		took(data) {
			const focused = this.focused();
			this.show(data);
			this.changed?.(data);
			this.refocus(focused);
		}

		// Where the cursor is, so that the next person can be typed on while the last one is saved.
		focused() {
			const element = document.activeElement;
			if (!element || !this.wrapper[0].contains(element)) return null;
			return { row: $(element).closest("tr").attr("data-row"), field: element.dataset.field };
		}

		refocus(focused) {
			if (!focused?.row || !focused.field) return;
			this.wrapper
				.find("tr")
				.filter((_i, tr) => tr.dataset.row === focused.row)
				.find(`[data-field=${focused.field}]`)
				.trigger("focus");
		}

		edit(row) {
			const field = (fieldname, fieldtype, label, more = {}) => ({
				fieldname,
				fieldtype,
				label,
				default: row[fieldname],
				...more,
			});
			const choice = (values) => values.map((value) => ({ value, label: option(value) }));
			const [party_type, party] = this.data.party;
			const dialog = new frappe.ui.Dialog({
				title: row.person,
				fields: [
					field("person", "Data", __("Person", null, "Decision Chain Member"), { reqd: 1 }),
					field("role", "Select", __("Role", null, "Decision Chain Member"), { options: choice(ROLES), reqd: 1 }),
					field("stance", "Select", __("Stance", null, "Decision Chain Member"), { options: choice(STANCES) }),
					field("influence", "Select", __("Influence", null, "Decision Chain Member"), { options: choice(INFLUENCES) }),
					field("reached", "Check", __("Reached", null, "Decision Chain Member")),
					field("reached_on", "Date", __("Reached On", null, "Decision Chain Member"), { depends_on: "reached" }),
					{ fieldname: "column", fieldtype: "Column Break" },
					field("contact", "Link", __("Contact"), {
						options: "Contact",
						get_query: () => ({
							query: "frappe.contacts.doctype.contact.contact.contact_query",
							filters: { link_doctype: party_type, link_name: party },
						}),
					}),
					field("position", "Data", __("Job Title")),
					field("email_id", "Data", __("E-mail"), { options: "Email" }),
					field("phone", "Data", __("Phone"), { options: "Phone" }),
					field("note", "Small Text", __("Note", null, "Decision Chain Member")),
				],
				primary_action_label: __("Save"),
				primary_action: (values) => {
					const all = {};
					for (const df of dialog.fields) {
						if (df.default !== undefined) all[df.fieldname] = values[df.fieldname] ?? null;
					}
					call("save_person", { doctype: this.doctype, name: this.name, person: all, row: row.name }).then(
						(data) => {
							dialog.hide();
							this.took(data);
						}
					);
				},
			});
			if (!row.left_on) {
				dialog.set_secondary_action_label(__("Left the Company…"));
				dialog.set_secondary_action(() => {
					dialog.hide();
					this.left(row);
				});
			}
			dialog.show();
		}
	}

	const IS_OPEN = "salesflow_profile_open";

	// What the form shows of the profile: one line that says how it stands, and below it, unless closed, the details.
	// A phone begins with the line alone.
	class Panel {
		constructor(frm) {
			this.frm = frm;
			this.doctype = frm.doctype;
			this.name = frm.docname;
			this.root = $(`<section class="sf-profile" aria-label="${__("Customer Profile")}">
				<div class="sf-profile-head">
					<button type="button" class="sf-profile-toggle"></button>
					<span class="sf-profile-state"></span>
					<span class="sf-profile-needs"></span>
				</div>
				<div class="sf-profile-body">
					<div><div class="sf-profile-line sf-profile-facts"></div><div class="sf-profile-line sf-tags"></div></div>
					<div></div>
				</div></section>`);
			this.toggle = this.root.find(".sf-profile-toggle");
			this.state = this.root.find(".sf-profile-state");
			this.facts = this.root.find(".sf-profile-facts");
			this.tags = this.root.find(".sf-tags");
			this.chain_box = this.root.find(".sf-profile-body > :last-child");
			this.toggle.on("click", () => {
				this.open(!this.is_open);
				localStorage.setItem(IS_OPEN, this.is_open ? 1 : 0);
			});
			const chosen = localStorage.getItem(IS_OPEN);
			this.open(chosen === null ? !frappe.is_mobile() : chosen === "1");
		}

		open(is_open) {
			this.is_open = is_open;
			this.root.toggleClass("sf-closed", !is_open);
			this.toggle.attr("aria-expanded", is_open);
		}

		place() {
			const strip = this.frm.layout.wrapper.children(".sf-strip");
			if (strip.length) strip.after(this.root);
			else this.frm.layout.wrapper.prepend(this.root);
		}

		load() {
			return call("panel", { doctype: this.doctype, name: this.name }).then((data) => this.show(data));
		}

		show(data) {
			this.data = data;
			// Without a company that the user may read there are the needs talks at most.
			this.root.toggleClass("sf-nobody", !data.party);
			if (!data.party) return;
			this.draw_head();
			this.draw_facts();
			this.draw_tags();
			if (this.chain) this.chain.show(data);
			else {
				this.chain = new Chain(this.chain_box, this.doctype, this.name, {
					editable: true,
					says_state: false,
					data,
					changed: (fresh) => {
						this.data = fresh;
						this.draw_head();
						this.draw_facts();
						// Gates ask for the people.
						this.frm.sf_path?.load();
					},
				});
			}
		}

		draw_head() {
			const arrow = `<span class="sf-profile-arrow">${frappe.utils.icon("down", "xs")}</span>`;
			this.toggle.html(this.ring(this.data.percent) + arrow);
			this.state.html([chain_state(this.data), ...this.pills()].filter(Boolean).join(" "));
		}

		draw_facts() {
			const { data } = this;
			const facts = [];
			if (data.missing.length) {
				const links = data.missing.map((place, i) => {
					const label = piece_label(place.piece);
					return data.may_write ? `<a href="#" class="sf-piece" data-missing="${i}">${label}</a>` : label;
				});
				facts.push(`<span class="text-muted">${__("Still missing:")}</span> ${links.join(" · ")}`);
			}
			const known = [];
			if (data.first_contact_on) {
				known.push(__("First contact {0}", [frappe.datetime.str_to_user(data.first_contact_on)]));
			}
			if (data.source) known.push(__("Source: {0}", [esc(__(data.source))]));
			if (data.budget_from || data.budget_to) known.push(__("Budget: {0}", [this.budget()]));
			if (data.may_write) {
				known.push(
					`<button type="button" class="btn btn-xs btn-default sf-edit-facts" title="${__(
						"First contact, source and budget"
					)}">${data.budget_from || data.budget_to ? __("Edit") : __("Add Budget")}</button>`
				);
			}
			if (known.length) facts.push(known.join(" · "));
			this.facts.html(facts.map((html) => `<span class="sf-fact">${html}</span>`).join(""));
			this.facts.find("[data-missing]").on("click", (e) => {
				e.preventDefault();
				this.go(data.missing[e.currentTarget.dataset.missing]);
			});
			this.facts.find(".sf-edit-facts").on("click", () => this.edit_facts());
		}

		ring(percent) {
			const colour = percent >= 80 ? "green" : percent >= 50 ? "orange" : "red";
			const told = __("The profile is {0} % complete.", [percent]);
			return `<span class="sf-ring sf-ring-${colour}" role="img" title="${told}" aria-label="${told}">
				<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true"><circle cx="10" cy="10" r="8" pathLength="100"/>
				<circle class="sf-ring-part" cx="10" cy="10" r="8" pathLength="100" stroke-dasharray="${percent} 100"
				transform="rotate(-90 10 10)"/></svg> ${percent} %</span>`;
		}

		budget() {
			const { budget_from, budget_to, currency } = this.data;
			const amounts = [budget_from, budget_to].filter(Boolean).map((amount) => format_currency(amount, currency, 0));
			return esc(amounts.join(" – "));
		}

		pills() {
			const { review } = this.data;
			const pills = [];
			if (review?.review_late) pills.push(pill("orange", __("Profile review due")));
			if (review?.confirm_late) pills.push(pill("orange", __("Confirmation due")));
			else if (review?.confirmed_on) pills.push(pill("green", __("Confirmed {0}", [day(review.confirmed_on)])));
			return pills;
		}

		// To where a missing piece is entered, with the cursor in its field.
		go(place) {
			const { frm } = this;
			if (place.doctype === "Customer Profile") return this.edit_facts(place.fieldname);
			if (place.doctype === frm.doctype && place.name === frm.docname) {
				return frm.scroll_to_field(place.fieldname);
			}
			if (!place.name) {
				const [link_doctype, link_name] = this.data.party;
				return frappe.new_doc(place.doctype, {}, (doc) => {
					if ((doc.links || []).some((row) => row.link_name === link_name)) return;
					Object.assign(frappe.model.add_child(doc, "Dynamic Link", "links"), { link_doctype, link_name });
				});
			}
			frappe.route_hooks.after_load = (form) => form.scroll_to_field(place.fieldname);
			frappe.set_route("Form", place.doctype, place.name);
		}

		edit_facts(focus) {
			const { data } = this;
			const field = (fieldname, fieldtype, label, more = {}) => ({
				fieldname,
				fieldtype,
				label,
				default: data[fieldname],
				...more,
			});
			const dialog = new frappe.ui.Dialog({
				title: __("What Is Known of the Customer"),
				fields: [
					field("first_contact_on", "Date", __("First Contact On"), {
						description: __("Left empty, the first touch of the lead counts."),
					}),
					field("source", "Data", __("Source", null, "Customer Profile"), {
						description: __("A source given on the lead goes before this one."),
					}),
					{ fieldname: "section", fieldtype: "Section Break", label: __("Budget", null, "Customer Profile") },
					field("budget_from", "Currency", __("Budget From", null, "Customer Profile"), { options: "currency", non_negative: 1 }),
					field("budget_to", "Currency", __("Budget To", null, "Customer Profile"), { options: "currency", non_negative: 1 }),
					{ fieldname: "column", fieldtype: "Column Break" },
					field("currency", "Link", __("Currency"), {
						options: "Currency",
						default: data.currency || frappe.defaults.get_default("currency"),
					}),
				],
				primary_action_label: __("Save"),
				primary_action: (values) => {
					const facts = {};
					for (const fieldname of ["first_contact_on", "source", "budget_from", "budget_to", "currency"]) {
						const value = values[fieldname] || null;
						// What was only read from a document is not noted down a second time.
						if (value !== (data[fieldname] || null)) facts[fieldname] = value;
					}
					if (!(values.budget_from || values.budget_to)) delete facts.currency;
					call("set_facts", { doctype: this.doctype, name: this.name, facts }).then((fresh) => {
						dialog.hide();
						this.show(fresh);
					});
				},
			});
			dialog.show();
			if (focus) {
				dialog.$wrapper.one("shown.bs.modal", () => dialog.get_field(focus).$input?.trigger("focus"));
			}
		}

		draw_tags() {
			const { data } = this;
			const groups = new Map();
			for (const tag of data.tags) {
				groups.set(tag.category_label, [...(groups.get(tag.category_label) || []), tag]);
			}
			const html = [...groups].map(
				([label, tags]) =>
					`<span class="sf-tag-group"><span class="text-muted">${esc(label)}</span> ${tags
						.map((tag) => this.tag(tag))
						.join(" ")}</span>`
			);
			this.tags.html(html.join(""));
			if (data.may_write) {
				$(`<button type="button" class="btn btn-xs btn-default sf-add-tag" aria-haspopup="dialog"></button>`)
					.text(data.tags.length ? "+" : `+ ${__("Tags", null, "Customer Profile")}`)
					.attr("title", __("Add a tag"))
					.attr("aria-label", __("Add a tag"))
					.on("click", () => this.choose_tags())
					.appendTo(this.tags);
			} else if (!data.tags.length) {
				this.tags.html(`<span class="text-muted">${__("No tags")}</span>`);
			}
			this.tags.find("[data-remove]").on("click", (e) => this.set_tags({ remove: [e.currentTarget.dataset.remove] }));
		}

		tag(tag) {
			const remove = this.data.may_write
				? `<button type="button" class="sf-tag-remove" data-remove="${esc(tag.name)}" aria-label="${__("Remove {0}", [
						esc(tag.label),
				  ])}">×</button>`
				: "";
			const title = tag.enabled ? "" : `title="${__("This tag is not given any more.")}"`;
			return pill(tag.enabled ? "blue" : "gray", esc(tag.label) + remove, title);
		}

		set_tags(change) {
			return call("set_tags", { doctype: this.doctype, name: this.name, ...change }).then((data) => {
				this.show(data);
				this.frm.doc.sf_tags = data.tags.map((tag) => tag.name).join(", ");
				this.frm.refresh_field("sf_tags");
			});
		}

		choose_tags() {
			if (this.tags.find(".sf-tag-choice").length) return this.close_choice();
			call("library").then((library) => {
				const box = $(`<div class="sf-tag-choice" role="dialog" aria-label="${__("Add a tag")}">
					<input type="search" class="form-control input-xs" placeholder="${__("Search the library…")}"
						aria-label="${__("Search the library…")}"><div class="sf-tag-list"></div></div>`).appendTo(this.tags);
				const search = box.find("input");
				const draw = () => this.draw_choice(box.find(".sf-tag-list"), library, search.val());
				search.on("input", draw);
				box.on("keydown", (e) => {
					if (e.key === "Escape") {
						e.stopPropagation();
						this.close_choice();
					} else if (e.key === "Enter" && e.target === search[0]) {
						e.preventDefault();
						box.find("[data-tag]").first().trigger("click");
					}
				});
				box.on("click", "[data-tag]", (e) => {
					const { tag } = e.currentTarget.dataset;
					this.set_tags({ add: [tag] }).then(() => this.choose_tags());
				});
				setTimeout(() => {
					$(document).on("mousedown.sf_tags", (e) => {
						if (!$(e.target).closest(".sf-tag-choice, .sf-add-tag").length) this.close_choice();
					});
				});
				draw();
				search.trigger("focus");
			});
		}

		draw_choice(list, library, typed) {
			const have = new Set(this.data.tags.map((tag) => tag.name));
			const wanted = (typed || "").trim().toLowerCase();
			const fits = (tag) =>
				!have.has(tag.name) && `${tag.label} ${tag.name}`.toLowerCase().includes(wanted);
			const groups = library
				.map((group) => ({ ...group, tags: group.tags.filter(fits) }))
				.filter((group) => group.tags.length)
				.map(
					(group) =>
						`<div class="sf-tag-group"><span class="text-muted">${esc(group.label)}</span> ${group.tags
							.map(
								(tag) =>
									`<button type="button" class="btn btn-xs btn-default" data-tag="${esc(tag.name)}">${esc(
										tag.label
									)}</button>`
							)
							.join(" ")}</div>`
				);
			list.html(groups.join("") || `<span class="text-muted">${__("No such tag in the library.")}</span>`);
		}

		close_choice() {
			$(document).off("mousedown.sf_tags");
			this.tags.find(".sf-tag-choice").remove();
			this.tags.find(".sf-add-tag").trigger("focus");
		}
	}

	salesflow.customer_panel = {
		// Shows the decision chain behind a document in an element; returns the Chain.
		chain(wrapper, doctype, name, options = {}) {
			return new Chain(wrapper, doctype, name, options);
		},

		// One request, once the form stands; what was shown stays until the answer is there.
		refresh(frm) {
			if (frm.is_new()) {
				frm.sf_panel?.root.remove();
				frm.sf_panel = null;
				return;
			}
			if (frm.sf_panel?.name !== frm.docname) {
				frm.sf_panel?.root.remove();
				frm.sf_panel = new Panel(frm);
			}
			const panel = frm.sf_panel;
			panel.place();
			setTimeout(() => frm.sf_panel === panel && panel.load());
		},

		// The chain in the field `chain_html` of a form that points at a document.
		in_field(frm, type_field, name_field) {
			const box = frm.fields_dict.chain_html?.$wrapper;
			const [doctype, name] = [frm.doc[type_field], frm.doc[name_field]];
			if (!box) return;
			if (!name || !["Lead", "Opportunity", "Prospect", "Customer"].includes(doctype)) return box.empty();
			this.chain(box, doctype, name, { editable: true, titled: false });
		},

		// Back from the profile to its documents.
		documents(frm) {
			frm.layout.wrapper.find(".sf-documents").remove();
			if (frm.is_new()) return;
			call("documents", { profile: frm.docname }).then((rows) => {
				frm.layout.wrapper.find(".sf-documents").remove();
				const links = rows.map(
					(row) =>
						`<span class="sf-fact"><span class="text-muted">${__(row.doctype)}</span> <a href="${frappe.utils.get_form_link(
							row.doctype,
							row.name
						)}">${esc(row.title)}</a></span>`
				);
				frm.layout.wrapper.prepend(`<div class="sf-strip sf-documents">${links.join("")}</div>`);
			});
		},
	};

	for (const doctype of ["Lead", "Opportunity", "Prospect", "Customer"]) {
		frappe.ui.form.on(doctype, { refresh: (frm) => salesflow.customer_panel.refresh(frm) });
	}
	for (const [doctype, type_field, name_field] of [
		["Needs Record", "reference_doctype", "reference_name"],
		["Account Plan", "party_type", "party"],
	]) {
		const show = (frm) => salesflow.customer_panel.in_field(frm, type_field, name_field);
		frappe.ui.form.on(doctype, { refresh: show, [name_field]: show });
	}
	frappe.ui.form.on("Customer Profile", {
		setup: (frm) => frm.set_query("tags", () => ({ filters: { enabled: 1 } })),
		refresh: (frm) => salesflow.customer_panel.documents(frm),
	});
}
