// Customer list: managers take over the tiers that the figures propose (P6).
(() => {
	const settings = (frappe.listview_settings["Customer"] = frappe.listview_settings["Customer"] || {});
	if (settings.sf_takes_over_tiers) return;
	settings.sf_takes_over_tiers = true;
	const tiers = salesflow.customer_tier;
	const onload = settings.onload;

	function take_over(list, names) {
		return tiers.take_over(names).then(({ changed, refused }) => {
			frappe.show_alert({
				message: __("{0} tiers taken over.", [changed.length]),
				indicator: refused.length ? "orange" : "green",
			});
			list.clear_checked_items();
			list.refresh();
		});
	}

	// Where a manager has something to decide, the tier that the figures propose stands beside the one that counts.
	const shown = (tier, df, { sf_tier_differs, sf_proposed_tier }) =>
		[tier && tiers.pill(tier), sf_tier_differs && sf_proposed_tier && `→ ${tiers.pill(sf_proposed_tier)}`]
			.filter(Boolean)
			.join(" ");
	settings.add_fields = [...new Set([...(settings.add_fields || []), "sf_tier_differs", "sf_proposed_tier"])];
	settings.formatters = { ...settings.formatters, sf_tier: shown };
	settings.onload = (list) => {
		onload?.(list);
		if (!tiers.may_set()) return;
		list.page.add_menu_item(__("Tiers to Decide"), () => {
			list.filter_area.add([["Customer", "sf_tier_differs", "=", 1]]);
		});
		list.page.add_actions_menu_item(__("Take Over the Proposed Tier"), () => {
			const names = list.get_checked_items(true);
			if (!names.length) return;
			frappe.confirm(__("Set the proposed tier of {0} customers?", [names.length]), () => take_over(list, names));
		});
	};
})();
