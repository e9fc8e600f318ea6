// My Reviews: what waits for me, and one page on which a review can be decided without opening anything else (S2).
// The route my-reviews/REVIEW-… is where the e-mail's link leads. The page itself is in my_reviews.bundle.js.
frappe.pages["my-reviews"].on_page_load = (wrapper) => {
	wrapper.sf_loaded = new Promise((ready) =>
		frappe.require(["salesflow_std.bundle.js", "my_reviews.bundle.js"], () => ready(new salesflow.MyReviews(wrapper)))
	);
};
frappe.pages["my-reviews"].on_page_show = (wrapper) => wrapper.sf_loaded.then((page) => page.show());
