/* The survey's page for guests works without this. With it, answers are kept as people go, the progress moves along,
 * and a second touch of "send" does nothing. */
(() => {
	"use strict";

	const PAUSE = 1200;
	const form = document.querySelector("form.survey");
	const keeping = document.getElementById("keeping");
	if (!form || !keeping) return;

	const bar = document.getElementById("progress");
	const answered = document.getElementById("answered");
	let timer = null;
	let changed = false;
	let sent = false;

	/** Fields of questions are named so; what else is asked for is not counted. */
	const is_question = (field) => field.name.startsWith("answer-");

	function count() {
		const names = new Set();
		for (const field of form.elements) {
			if (!is_question(field)) continue;
			const given = field.type === "radio" ? field.checked && field.value : field.value.trim();
			if (given) names.add(field.name);
		}
		bar.value = names.size;
		answered.textContent = answered.dataset.words.replace("{0}", names.size).replace("{1}", bar.max);
	}

	/** What was missing and is given now is not called missing any more; the server looks again. */
	function mend(field) {
		const question = field.closest(".question.wrong");
		const given = ["radio", "checkbox"].includes(field.type) ? field.checked : field.value.trim();
		if (!question || !given) return;
		question.classList.remove("wrong");
		const said = question.querySelector(".problem-here");
		said?.remove();
		for (const marked of [question, ...question.querySelectorAll("[aria-invalid]")]) {
			marked.removeAttribute("aria-invalid");
			const described = (marked.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && id !== said?.id);
			if (described.length) marked.setAttribute("aria-describedby", described.join(" "));
			else marked.removeAttribute("aria-describedby");
		}
		const problems = document.getElementById("problems");
		const names = [...question.querySelectorAll("[id]")].map(({ id }) => `#${id}`);
		for (const link of problems?.querySelectorAll("a") || []) {
			if (names.includes(link.getAttribute("href"))) link.closest("li").remove();
		}
		if (problems && !problems.querySelector("li")) problems.remove();
	}

	/** Said once: who listens to the page is not told after every answer. */
	function say(text) {
		if (keeping.textContent !== text) keeping.textContent = text;
	}

	async function keep(leaving = false) {
		window.clearTimeout(timer);
		if (!changed || sent) return;
		changed = false;
		const body = new FormData(form);
		body.set("token", new URLSearchParams(window.location.search).get("token") || "");
		body.set("action", "keep");
		let done = false;
		try {
			const response = await fetch("/api/method/salesflow_std.api.survey.answer", {
				method: "POST",
				body: new URLSearchParams(body),
				credentials: "same-origin",
				keepalive: leaving,
			});
			done = response.ok && (await response.json()).message.done;
		} catch {
			done = false;
		}
		if (!done) changed = true;
		say(done ? keeping.dataset.kept : keeping.dataset.notKept);
	}

	form.addEventListener("input", ({ target }) => {
		changed = true;
		count();
		mend(target);
		window.clearTimeout(timer);
		timer = window.setTimeout(keep, PAUSE);
	});
	form.addEventListener("submit", (event) => {
		if (sent) event.preventDefault();
		sent = true;
		window.clearTimeout(timer);
	});
	document.addEventListener("visibilitychange", () => {
		if (document.visibilityState === "hidden") keep(true);
	});
	// Back from another page, as the browser has kept this one.
	window.addEventListener("pageshow", (event) => {
		if (event.persisted) sent = false;
	});
	count();
})();
