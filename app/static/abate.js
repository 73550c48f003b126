// Progressive enhancement only: without this file every page still works as plain links and forms.
//
//   form[data-live]        is sent in place, and the answer's <main> replaces this page's
//   form[data-autosubmit]  is sent when one of its fields changes
//   [data-confirm]         asks its question before the form is sent
//   [data-refresh="n"][id] is fetched again every n seconds and replaced when it changed
//   [data-open]            opens the <details> with that id and moves the focus into it
(() => {
  "use strict";

  const MAIN = "main";
  let navigation = 0;

  /** Puts the parts of a fetched page that can differ in place of ours. */
  function show(text, address) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const next = page.querySelector(MAIN);
    const here = document.querySelector(MAIN);
    if (!next || !here) return false;
    const open = new Set([...here.querySelectorAll("details[id][open]")].map((part) => part.id));
    const failed = next.querySelector("[data-problem]");
    here.replaceWith(next);
    if (failed || here.dataset.page === next.dataset.page) {
      for (const id of open) {
        const part = document.getElementById(id);
        if (part && part.dataset.action === undefined) part.open = true;
      }
    }
    document.title = page.title;
    if (address && address !== location.href) history.pushState({ live: true }, "", address);
    const target = failed || next.querySelector("[data-flash]");
    if (target) {
      target.setAttribute("tabindex", "-1");
      target.focus({ preventScroll: false });
    }
    return true;
  }

  /** Sends a form as the browser would, and falls back to the browser when anything is odd. */
  async function send(form, button) {
    const mine = ++navigation;
    const data = new FormData(form, button || undefined);
    const get = form.method.toLowerCase() === "get";
    const url = new URL(form.action, location.href);
    const request = { headers: { "X-Requested-With": "abate.js", Accept: "text/html" }, credentials: "same-origin" };
    if (get) {
      const filled = [...data.entries()].filter(([, value]) => value !== "");
      url.search = new URLSearchParams(filled).toString();
    } else {
      request.method = "POST";
      request.body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
    }
    form.setAttribute("aria-busy", "true");
    if (button) button.disabled = true;
    try {
      const answer = await fetch(url, request);
      const text = await answer.text();
      if (mine !== navigation) return;
      if (answer.redirected && new URL(answer.url).pathname === "/sign-in") {
        location.assign(answer.url);
        return;
      }
      const isPage = (answer.headers.get("content-type") || "").startsWith("text/html");
      const address = get || answer.redirected ? answer.url : null;
      if (!isPage || !show(text, address)) location.assign(address || location.href);
    } catch {
      form.removeAttribute("aria-busy");
      if (button) button.disabled = false;
      say(form, "The server could not be reached. Nothing was changed; try again.");
    }
  }

  /** Says what went wrong beside the form that it concerns. */
  function say(form, words) {
    let note = form.querySelector("[data-note]");
    if (!note) {
      note = document.createElement("p");
      note.dataset.note = "";
      note.className = "field-error";
      note.setAttribute("role", "alert");
      form.append(note);
    }
    note.textContent = words;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    const question = (button && button.dataset.confirm) || form.dataset.confirm;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      return;
    }
    if (form.dataset.live === undefined || event.defaultPrevented) return;
    event.preventDefault();
    send(form, button);
  });

  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && form.dataset.autosubmit !== undefined) form.requestSubmit();
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    const part = opener && document.getElementById(opener.dataset.open);
    if (part) {
      part.open = true;
      const first = part.querySelector("input:not([type=hidden]), select, textarea, button");
      if (first) first.focus();
    }
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.getElementById("search");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
  });

  window.addEventListener("popstate", () => location.reload());

  /** Fetches this page again and replaces the parts that ask for it, unless somebody is working in them. */
  async function refresh() {
    const due = [...document.querySelectorAll("[data-refresh][id]")].filter((part) => {
      const every = Math.max(5, Number(part.dataset.refresh)) * 1000;
      return Date.now() - Number(part.dataset.refreshed || started) >= every && !part.contains(document.activeElement);
    });
    if (document.hidden || due.length === 0) return;
    const mine = navigation;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected || mine !== navigation) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of due) {
        const next = page.getElementById(part.id);
        if (next) {
          next.dataset.refreshed = String(Date.now());
          part.replaceWith(next);
        }
      }
    } catch {
      // The next round tries again; what is shown carries its own "as of".
    }
  }

  const started = Date.now();
  setInterval(refresh, 2000);
  document.documentElement.dataset.script = "on";
})();
