// The pages work without it: it shows times on the visitor's clock, keeps what is shown up to date, and copies commands.
"use strict";
(() => {
  const main = document.getElementById("main");

  // Times: in UTC on the page, on the visitor's clock here.
  const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const times = (under) => {
    for (const time of under.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (!isNaN(at)) { time.title = time.textContent; time.textContent = clock.format(at); }
    }
    for (const head of under.querySelectorAll("[data-here]")) head.textContent = "On your clock";
    for (const cell of under.querySelectorAll("[data-here-only]")) cell.hidden = here === "UTC";
    for (const button of under.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  };
  times(document);

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  for (const zone of document.querySelectorAll("input[data-zone]")) {
    if (!zone.value || zone.value === "UTC") zone.value = here;
  }
  for (const link of document.querySelectorAll("a[data-add-zone]")) link.search = new URLSearchParams({ zone: here });
  for (const all of document.querySelectorAll("input[data-all]")) all.hidden = false;
  document.addEventListener("change", (event) => {
    if (!event.target.matches("input[data-all]")) return;
    for (const box of document.querySelectorAll(`input[name="${event.target.dataset.all}"]`)) box.checked = event.target.checked;
  });

  // A form's preview follows what is typed: it is what the button would bring.
  const form = document.querySelector("form[data-preview]");
  if (form) {
    let waiting = 0, asked = 0;
    const look = async () => {
      const mine = ++asked, body = new URLSearchParams(new FormData(form));
      body.set("do", "preview");
      const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Emt-Fragment": "1", Accept: "text/html" } }).catch(() => null);
      // Of several answers only the last counts.
      if (!answer || !answer.ok || mine !== asked) return;
      const shown = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["preview", "targets"]) document.getElementById(id).replaceWith(document.adoptNode(shown.getElementById(id)));
      times(document.getElementById("preview"));
      document.getElementById("said").textContent = document.querySelector("#preview .sum")?.textContent || "";
    };
    const soon = () => { clearTimeout(waiting); waiting = setTimeout(look, 350); };
    form.addEventListener("input", soon);
    if (form.elements.target.value) soon();
  }

  // A link that signs in has its code behind "#": it goes into the form, and out of the address.
  const enter = document.querySelector("form[data-enter]");
  const fill = () => {
    if (!enter || location.hash.length < 2) return;
    enter.elements.code.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    // Whoever is signed in here is asked first.
    if (enter.dataset.enter === "now") enter.requestSubmit();
  };
  fill();
  window.addEventListener("hashchange", fill);

  // Live: what changes at the server is fetched anew, a little later, together with what else has changed.
  const { events, ids } = document.body.dataset;
  if (!events || !window.EventSource) return;
  const shown = new Set((ids || "").split(" ").filter(Boolean));
  const light = document.getElementById("live");
  const say = (on, text) => { light.hidden = false; light.classList.toggle("on", on); light.textContent = text; };
  const PAUSE = 400, REST = 2000;
  let waiting = 0, last = 0, busy = false, again = false;
  // What is shown has this tag. Open pages do not all come at once: the server says over how long they are spread.
  let tag = document.body.dataset.tag, spread = Number(document.body.dataset.spread) || 0;

  const concerns = (change) => !shown.size || change.change !== "updated" || shown.has(change.resourceId) || shown.has(change.kind);
  const soon = () => {
    if (waiting) return;
    waiting = setTimeout(() => { waiting = 0; fetchAgain(); }, Math.max(PAUSE, last + REST - Date.now()) + Math.random() * spread);
  };
  // What somebody is typing or choosing is theirs.
  const kept = () => {
    const boxes = new Map(), texts = new Map();
    for (const field of main.querySelectorAll("input,select")) {
      if (field.type === "checkbox" || field.type === "radio") boxes.set(field.name + "=" + field.value, field.checked);
      else if (field.type !== "hidden" && field.id) texts.set(field.id, field.value);
    }
    const open = [...main.querySelectorAll("details[open][id]")].map((one) => one.id);
    const focus = document.activeElement && main.contains(document.activeElement) ? document.activeElement : null;
    const path = focus && (focus.id ? "#" + CSS.escape(focus.id) : focus.getAttribute("href") ? `a[href="${CSS.escape(focus.getAttribute("href"))}"]` : null);
    return () => {
      for (const field of main.querySelectorAll("input,select")) {
        const key = field.name + "=" + field.value;
        if (boxes.has(key)) field.checked = boxes.get(key);
        else if (field.id && texts.has(field.id)) field.value = texts.get(field.id);
      }
      for (const id of open) { const one = document.getElementById(id); if (one) one.open = true; }
      if (path) { const again = main.querySelector(path); if (again) again.focus({ preventScroll: true }); }
    };
  };
  async function fetchAgain() {
    if (busy || document.hidden) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { "X-Emt-Fragment": "1", "If-None-Match": tag, Accept: "text/html" }, cache: "no-store" });
      if (answer.status === 401) { location.reload(); return; }
      spread = Number(answer.headers.get("X-Emt-Spread")) || 0;
      if (answer.status === 304) goOn();
      // What is gone, or no more this visitor's, is told as well.
      if (answer.ok || answer.status === 403 || answer.status === 404) {
        tag = answer.headers.get("ETag") || "";
        const html = await answer.text();
        const restore = kept();
        main.innerHTML = html;
        restore();
        times(main);
        goOn();
      }
      last = Date.now();
    } catch { say(false, "No connection to the server"); } finally {
      busy = false;
      if (again && !document.hidden) { again = false; soon(); }
    }
  }
  // Something that the server does for this page goes on, and no change will tell of its end.
  const goOn = () => {
    const seconds = main.querySelector("[data-again]")?.dataset.again;
    if (seconds) setTimeout(soon, seconds * 1000);
  };
  goOn();
  document.addEventListener("visibilitychange", () => { if (!document.hidden && again) { again = false; soon(); } });

  const source = new EventSource(events);
  let wasLost = false;
  source.addEventListener("ready", () => { say(true, "Live"); if (wasLost) { wasLost = false; soon(); } });
  source.addEventListener("missed", soon);
  source.addEventListener("change", (event) => { if (concerns(JSON.parse(event.data))) soon(); });
  source.addEventListener("error", () => { wasLost = true; say(false, source.readyState === 2 ? "Not live: load the page again" : "Connecting again"); });
  window.addEventListener("pagehide", () => source.close());
})();
