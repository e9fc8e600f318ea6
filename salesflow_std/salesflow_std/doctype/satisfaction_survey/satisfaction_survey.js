// The satisfaction survey: sent, filled in on the phone, corrected by a second one (A3).
frappe.provide("salesflow");

if (!salesflow.satisfaction_survey) {
	const API = "salesflow_std.api.survey_desk";
	const COLOURS = { "To Send": "orange", Sent: "blue", Answered: "green", "No Answer": "gray", Cancelled: "gray" };
	const esc = (text) => frappe.utils.escape_html(text || "");
	const shared = () => salesflow.versioned_form;
	const asked = () => frappe.datetime.system_datetime();
	const named = (name) => `<a href="/app/satisfaction-survey/${encodeURIComponent(name)}">${esc(name)}</a>`;

	salesflow.satisfaction_survey = {
		refresh(frm) {
			shared().place(frm).remove();
			if (frm.is_new()) return;
			frm.page.set_indicator(__(frm.doc.status, null, "Satisfaction Survey"), COLOURS[frm.doc.status]);
			frm.sheet = frm.doc.__onload?.sheet || {};
			frm.may_write = Boolean(frm.perm[0]?.write);
			shared().strip(frm, this.facts(frm));
			this.missing(frm);
			this.buttons(frm);
			// Who has answered has answered; before that the template stays once it was read.
			shared().freeze(frm, !frm.sheet.waits, []);
			frm.set_df_property("survey_template", "read_only", frm.sheet.waits && !frm.doc.wording ? 0 : 1);
		},

		when: (time) => esc(salesflow.graded_form.when(time)),

		facts(frm) {
			const { doc, sheet } = frm;
			const pill = (colour, text) => `<span class="indicator-pill ${colour}">${text}</span>`;
			const facts = [];
			if (doc.status === "To Send" && doc.due_on) {
				const late = doc.due_on < asked();
				const text = late ? __("To be asked since {0}") : __("To be asked by {0}");
				facts.push(pill(late ? "red" : "blue", text.replace("{0}", this.when(doc.due_on))));
			}
			if (doc.status === "Sent") {
				facts.push(pill("blue", __("Sent on {0}, valid until {1}", [this.when(doc.sent_on), this.when(doc.link_expires_on)])));
				if (doc.reminders) facts.push(__("Reminded {0} times", [doc.reminders]));
				if (sheet.begun) facts.push(__("The customer has begun to answer"));
			}
			if (doc.status === "No Answer") facts.push(pill("gray", __("The link has expired without an answer")));
			if (doc.status === "Answered") {
				facts.push(pill(doc.is_low || doc.has_problem ? "red" : "green", this.mean(doc)));
				for (const what of sheet.low || []) facts.push(pill("red", __("Low: {0}", [esc(what)])));
				if (doc.has_problem) facts.push(pill("red", __("A problem was reported")));
				if (doc.issue) facts.push(__("Followed up in {0}", [frappe.utils.get_form_link("Issue", doc.issue, true)]));
			}
			if (doc.correction_of) facts.push(__("Corrects {0}", [named(doc.correction_of)]));
			if (doc.corrected_by) facts.push(__("Corrected by {0}", [named(doc.corrected_by)]));
			return facts;
		},

		mean: (doc) => (doc.satisfaction ? __("{0} of 5", [format_number(doc.satisfaction, null, 1)]) : __("No marks given")),

		missing(frm) {
			const rows = frm.sheet.missing || [];
			if (!rows.length || frm.doc.status === "Sent") return;
			const go = ({ fieldname }) => frm.scroll_to_field(fieldname);
			shared().checklist(frm, rows, { title: __("Missing for the e-mail: {0}", [rows.length]), ready: "", go });
		},

		buttons(frm) {
			const { doc, sheet } = frm;
			if (!frm.may_write) return;
			if (sheet.waits) {
				const mail = !sheet.missing?.length && sheet.may_mail;
				if (mail) {
					const label =
						doc.status === "To Send" ? __("Send", null, "Satisfaction Survey") : __("Send Again");
					shared().button(frm, label, () => this.send(frm), doc.status === "To Send");
				}
				if (sheet.questions?.length) {
					shared().button(frm, __("Fill In on the Phone"), () => this.phone(frm), !mail);
				}
			}
			if (doc.status === "Answered" && !doc.corrected_by) {
				shared().button(frm, __("Correct", null, "Satisfaction Survey"), () => this.correct(frm));
			}
		},

		// What is asked about is what is stored.
		async run(frm, method, args = {}) {
			if (frm.is_dirty()) await frm.save();
			const answer = await frappe.xcall(`${API}.${method}`, { survey: frm.docname, ...args });
			if (answer.name === frm.docname) await frm.reload_doc();
			else frappe.set_route("Form", "Satisfaction Survey", answer.name);
		},

		send(frm) {
			const text = __("{0} gets an e-mail with a link that needs no login.", [`<b>${esc(frm.doc.email_id)}</b>`]);
			frappe.confirm(text, () => this.run(frm, "send"));
		},

		correct(frm) {
			shared().ask_reason(
				{
					title: __("Correct the Survey"),
					html: __("What was answered stays as it is. A second survey asks the same again, by link or phone; the reports count that one."),
					action: __("Make the Second Survey"),
				},
				(reason) => this.run(frm, "correct", { reason })
			);
		},

		// Filling in --------------------------------------------------------------------------------------------

		phone(frm) {
			const { questions } = frm.sheet;
			const dialog = new frappe.ui.Dialog({
				title: __("Fill In on the Phone"),
				size: "large",
				fields: [
					...questions.map((question) => this.field(question)),
					{ fieldtype: "Section Break" },
					{ fieldtype: "Small Text", fieldname: "comments", label: __("Comments", null, "Satisfaction Survey") },
					{
						fieldtype: "Check",
						fieldname: "has_problem",
						label: __("The customer reports a problem"),
						description: __("Opens a complaint, which is closed only with the customer's word."),
					},
					{
						fieldtype: "Small Text",
						fieldname: "problem",
						label: __("Problem", null, "Satisfaction Survey"),
						depends_on: "has_problem",
						mandatory_depends_on: "has_problem",
					},
					{ fieldtype: "Check", fieldname: "would_refer", label: __("Would Refer Somebody", null, "Satisfaction Survey") },
					{
						fieldtype: "Small Text",
						fieldname: "referral",
						label: __("Whom They Would Refer", null, "Satisfaction Survey"),
						depends_on: "would_refer",
					},
					{ fieldtype: "Section Break" },
					{
						fieldtype: "Data",
						fieldname: "answered_by",
						label: __("Answered By", null, "Satisfaction Survey"),
						default: frm.doc.person,
						reqd: 1,
					},
					{ fieldtype: "Column Break" },
					{
						fieldtype: "Datetime",
						fieldname: "answered_on",
						label: __("Answered On", null, "Satisfaction Survey"),
						default: asked(),
						reqd: 1,
					},
				],
				primary_action_label: __("Save", null, "Salesflow"),
				primary_action: (values) => {
					dialog.disable_primary_action();
					this.run(frm, "record_by_phone", this.said(questions, values))
						.then(() => dialog.hide())
						.catch(() => {}) // the server has said why
						.finally(() => dialog.enable_primary_action());
				},
			});
			const note = __("What is saved stays as it is; a mistake is corrected by a second survey.");
			$(`<p class="text-muted small"></p>`).text(note).prependTo(dialog.body);
			dialog.show();
		},

		field(question) {
			const field = {
				fieldname: `answer_${question.key}`,
				label: question.question,
				description: esc(question.hint),
				reqd: question.required ? 1 : 0,
			};
			if (question.kind === "Text") return { ...field, fieldtype: "Small Text" };
			const choices = [];
			for (let number = question.high; number >= question.low; number--) {
				const word = question.kind === "Yes or No" ? [__("No", null, "Satisfaction Survey"), __("Yes", null, "Satisfaction Survey")][number] : String(number);
				choices.push({ value: String(number), label: word });
			}
			return { ...field, fieldtype: "Select", options: [{ value: "", label: "" }, ...choices] };
		},

		said(questions, values) {
			const answers = {};
			for (const { key } of questions) answers[key] = values[`answer_${key}`];
			return {
				answers,
				answered_by: values.answered_by,
				answered_on: values.answered_on,
				comments: values.comments,
				has_problem: values.has_problem ? 1 : 0,
				problem: values.has_problem ? values.problem : "",
				would_refer: values.would_refer ? 1 : 0,
				referral: values.would_refer ? values.referral : "",
			};
		},
	};

	// Frappe looks the words of a Select up without the table where they are not edited.
	for (const df of frappe.get_meta("Survey Answer")?.fields || []) {
		if (df.fieldtype === "Select") {
			df.formatter = (word) => (word ? esc(__(word, null, "Survey Question")) : "");
		}
	}

	// A contact brings name, address and number along.
	async function take_contact(frm) {
		if (!frm.doc.contact) return;
		const { message } = await frappe.db.get_value("Contact", frm.doc.contact, ["full_name", "email_id", "mobile_no", "phone"]);
		frm.set_value({
			person: message.full_name,
			email_id: message.email_id,
			phone: message.mobile_no || message.phone,
		});
	}

	frappe.ui.form.on("Satisfaction Survey", {
		onload(frm) {
			// Frappe adds the time zone to the description and would look for a translation of both together.
			const due = frm.get_docfield("due_on");
			due.description = __(due.description, null, "Satisfaction Survey");
			frm.refresh_field("due_on");
		},

		setup(frm) {
			frm.set_query("survey_template", () => ({ filters: { enabled: 1 } }));
			frm.set_query("contact", () => ({
				query: "frappe.contacts.doctype.contact.contact.contact_query",
				filters: { link_doctype: "Customer", link_name: frm.doc.customer },
			}));
		},
		refresh: (frm) => salesflow.satisfaction_survey.refresh(frm),
		contact: (frm) => take_contact(frm),
	});
}
