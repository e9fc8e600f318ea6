// The page My Reviews: a list of what waits and, beside it, the review that is open (S2).
import { Opinion } from "./opinion.js";
import { Sheet } from "./sheet.js";
import { WaitingList } from "./waiting.js";

frappe.provide("salesflow");

salesflow.MyReviews = class MyReviews {
	constructor(wrapper) {
		this.words = salesflow.reviews;
		this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("My Reviews"), single_column: true });
		this.body = $(`<div class="sf-reviews">
			<nav class="sf-waiting" aria-label="${__("What waits for me")}"></nav>
			<main class="sf-sheet" tabindex="-1"></main>
		</div>`).appendTo(this.page.main);
		this.list = new WaitingList(this.body.children(".sf-waiting"));
		this.area = this.body.children(".sf-sheet");
		this.page.set_secondary_action(__("Refresh", null, "Salesflow"), () => this.refresh(), "refresh");
		this.body.on("click", "[data-open-review]", (event) => {
			this.words.begin({ proposal: event.currentTarget.dataset.openReview, on_done: () => this.load_list() });
		});
		this.body.on("click", "[data-act]", (event) => this.act(event.currentTarget.dataset.act));
	}

	// Coming and going ------------------------------------------------------------------------------------

	show() {
		const name = frappe.get_route()[1] || null;
		// Who comes back to what they are writing finds it as it was.
		if (name && name === this.name && this.opinion?.written()) return;
		this.name = name;
		this.refresh();
	}

	refresh() {
		this.body.toggleClass("sf-open", Boolean(this.name));
		this.leave_sheet();
		const list = this.load_list();
		return this.name ? Promise.all([list, this.load_sheet()]) : list;
	}

	leave_sheet() {
		this.opinion?.close();
		this.opinion = null;
		if (!this.name) this.area.empty();
	}

	load_list() {
		return this.words.ask("waiting").then(
			(waiting) => {
				this.waiting = waiting;
				this.list.render(waiting, this.name);
				this.area.find(".sf-back").replaceWith(this.back());
			},
			(words) => this.list.area.html(this.refused(words))
		);
	}

	load_sheet() {
		const name = this.name;
		this.area.attr("aria-busy", "true");
		return this.words
			.ask("sheet", { review: name })
			.then(
				(data) => name === this.name && this.show_sheet(data),
				(words) => name === this.name && this.area.html(`${this.back()}${this.refused(words)}`)
			)
			.finally(() => this.area.removeAttr("aria-busy"));
	}

	show_sheet(data) {
		this.leave_sheet();
		const sheet = new Sheet(data);
		if (data.may.decide) this.opinion = new Opinion(this.area, data, (message) => this.next(message));
		this.area.html(`${this.back()}${sheet.html()}${this.opinion?.html() || ""}`);
		this.opinion?.show();
		frappe.utils.set_title(`${data.proposal.title} · ${data.review.name}`);
		this.area[0].focus({ preventScroll: true });
		frappe.utils.scroll_to(0);
	}

	refused(words) {
		return `<div class="sf-refused" role="alert">${words}</div>`;
	}

	back() {
		const others = (this.waiting?.asked || []).filter((row) => row.review !== this.name).length;
		const more = others ? ` (${others})` : "";
		return `<a class="sf-back" href="/app/my-reviews">← ${__("My Reviews")}${more}</a>`;
	}

	act(name) {
		const review = this.name;
		if (name === "delegate") {
			return this.words.hand_over({ review, on_done: () => this.next(__("Handed over.")) });
		}
		return this.words[name]({ review, on_done: () => this.refresh() });
	}

	// On to what waits next; where nothing does, back to the list, which says so.
	next(message) {
		frappe.show_alert({ message, indicator: "green" });
		const done = this.name;
		this.leave_sheet();
		this.name = null;
		return this.words.ask("waiting").then((waiting) => {
			const following = (waiting.asked || []).find((row) => row.review !== done);
			if (following) frappe.set_route("my-reviews", following.review);
			else frappe.set_route("my-reviews");
		});
	}
};
