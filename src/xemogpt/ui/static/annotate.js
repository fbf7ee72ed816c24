"use strict";
// The annotation page. What is on screen is also in this browser's storage until the server has
// acknowledged it, so that neither a crash of the browser nor one of the server loses a word.
const NAMES = {
  visual: ["What you see", "face, gaze, head, body", "e.g. she raises both eyebrows"],
  auditory: ["What you hear", "the voice, not the words", "e.g. her voice trembles"],
  emotional: ["What is expressed", "shown, not felt: nobody can see a feeling", "e.g. sounds amused"],
};
const byId = (id) => document.getElementById(id);
const S = { set: null, who: null, sets: [], tasks: [], view: null, draft: null, seen: 0, run: 0 };
let dirty = false, saving = null, timer = 0, retry = 0, stale = false;

function el(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
async function ask(path, method = "GET", body = undefined) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await fetch("../sets" + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (answer.ok) return answer.json();
  let detail = answer.statusText;
  try { detail = (await answer.json()).detail; } catch { /* not JSON: the status has to do */ }
  throw Object.assign(new Error(typeof detail === "string" ? detail : JSON.stringify(detail)), { status: answer.status });
}
const person = () => `/${encodeURIComponent(S.set)}/people/${encodeURIComponent(S.who)}`;
const place = (index) => `${person()}/clips/${index}`;
const slot = () => `xemogpt:draft:${S.set}/${S.who}/${S.view.clip}`;

function tell(text, bad = false) { byId("saved").textContent = text; byId("saved").classList.toggle("bad", bad); }
function notice(text, ...buttons) {
  byId("notice").hidden = !text;
  byId("notice").replaceChildren(text || "", ...buttons.flatMap(([label, act]) => [" ", el("button", { textContent: label, onclick: act })]));
}
function guarded(act) {
  return async (...given) => { try { await act(...given); } catch (error) { notice(error.status ? error.message : "The server does not answer. Is it running? " + error.message); } };
}

// Saving.
function changed(atOnce = true) {
  dirty = true;
  try { localStorage.setItem(slot(), JSON.stringify({ seen: S.seen, draft: S.draft })); } catch { /* no room: the server still has it */ }
  tell("Saving…");
  clearTimeout(timer);
  timer = setTimeout(save, atOnce ? 0 : 200);
}
function save() {
  if (stale) return Promise.resolve();
  clearTimeout(timer);
  saving = saving || (async () => {
    while (dirty) {
      dirty = false;
      try {
        const answer = await ask(place(S.view.index), "PUT", { seen: S.seen, draft: S.draft });
        S.seen = answer.revision;
        if (dirty) localStorage.setItem(slot(), JSON.stringify({ seen: S.seen, draft: S.draft }));
        else localStorage.removeItem(slot());
        retry = 0;
        judge(answer);
        if (!dirty) tell("All saved");
      } catch (error) {
        dirty = true;
        if (error.status === 409) { conflict(); break; }
        tell(error.status ? "NOT SAVED: " + error.message : "NOT SAVED: the server does not answer; kept in this browser", true);
        timer = setTimeout(save, retry = Math.min(5000, retry * 2 + 500));
        break;
      }
    }
  })().finally(() => { saving = null; });
  return saving;
}
function conflict() {
  stale = true;
  tell("NOT SAVED", true);
  notice("This clip was also changed in another window. Which should stay?",
    ["What is on this page", guarded(async () => { S.seen = (await ask(place(S.view.index))).revision; stale = false; notice(""); dirty = true; await save(); })],
    ["What was saved there", guarded(async () => { localStorage.removeItem(slot()); stale = dirty = false; notice(""); await open_(S.view.index); })]);
}
window.addEventListener("beforeunload", (event) => { if (dirty || saving) event.preventDefault(); });

// One clip.
async function open_(index) {
  clearTimeout(timer);
  // Nothing can be written while clips change: it would belong to neither.
  byId("sheets").inert = true;
  const run = ++S.run;
  try {
    if (S.view && (dirty || saving)) await save();
    if (S.view && dirty) { byId("clips").value = S.view.index; return; }
    tell("Opening…");
    const view = await ask(place(index));
    if (run !== S.run) return;
    Object.assign(S, { view, draft: view.draft, seen: view.revision });
    stale = dirty = false;
    notice("");
    show();
    tell("All saved");
    restore(view);
  } finally { if (run === S.run) byId("sheets").inert = false; }
}
function restore(view) {
  // Something that this browser could not hand over before it, or the server, went away.
  const kept = JSON.parse(localStorage.getItem(slot()) || "null");
  if (!kept) return;
  if (JSON.stringify(kept.draft) === JSON.stringify(view.draft)) { localStorage.removeItem(slot()); return; }
  S.draft = kept.draft;
  show();
  if (kept.seen === view.revision) changed(); else { dirty = true; conflict(); }
}
function show() {
  const view = S.view;
  byId("welcome").hidden = true;
  byId("desk").hidden = false;
  byId("length").textContent = view.duration_s.toFixed(2);
  byId("subtitle").textContent = view.subtitle;
  const source = `../sets${place(view.index)}/media`;
  const there = byId("player").firstElementChild;
  if (!there || there.dataset.source !== source) {
    const player = el(view.has_pictures ? "video" : "audio", { controls: true, preload: "auto", playsInline: true, src: source });
    player.dataset.source = source;
    player.ontimeupdate = tick;
    player.onerror = () => notice("This clip cannot be played here. The server's log says why.");
    byId("player").replaceChildren(player);
    byId("suggestions").replaceChildren();
  }
  byId("suggested").hidden = !S.sets.find((set) => set.name === S.set).suggestions;
  byId("sheets").replaceChildren(...view.modalities.map(sheet));
  judge(view);
  tick();
}
const player = () => byId("player").firstElementChild;
function tick() {
  const now = player() ? player().currentTime : 0;
  byId("now").textContent = now.toFixed(2);
  const length = S.view.duration_s || 1;
  const bars = S.draft.cues.filter((cue) => cue.start_s !== null && cue.end_s !== null).map((cue, row) => {
    const bar = el("i", { className: cue.modality });
    bar.style.cssText = `left:${100 * cue.start_s / length}%;width:${100 * (cue.end_s - cue.start_s) / length}%;top:${1 + 4 * (row % 3)}px;background:var(--tint)`;
    return bar;
  });
  const needle = el("b");
  needle.style.left = `${100 * now / length}%`;
  byId("line").replaceChildren(...bars, needle);
}
function jump(time, until = null) {
  const media = player();
  media.currentTime = time;
  if (until === null) return;
  media.play();
  const stop = () => { if (media.currentTime >= until) { media.pause(); media.removeEventListener("timeupdate", stop); } };
  media.addEventListener("timeupdate", stop);
}

// The lines.
function sheet(modality) {
  const [title, hint] = NAMES[modality];
  const box = el("div", { className: `sheet ${modality}` });
  box.dataset.modality = modality;
  const none = el("input", { type: "checkbox", checked: S.draft.nothing.includes(modality) });
  none.onchange = () => {
    S.draft.nothing = S.draft.nothing.filter((name) => name !== modality);
    if (none.checked) S.draft.nothing.push(modality);
    changed();
  };
  const flaw = el("p", { className: "flaw" });
  flaw.dataset.key = modality;
  box.append(el("h3", { textContent: title }), el("p", { className: "small", textContent: hint }),
    ...S.draft.cues.filter((cue) => cue.modality === modality).map(line),
    el("p", { className: "times" },
      el("button", { className: "add", textContent: "+ Add a cue", onclick: () => add({ modality }) }),
      el("label", { className: "small" }, none, " nothing to report")), flaw);
  return box;
}
function add(given) {
  const cue = { key: Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join(""), text: "", start_s: null, end_s: null, origin: "own", ...given };
  S.draft.cues.push(cue);
  S.draft.nothing = S.draft.nothing.filter((name) => name !== cue.modality);
  changed();
  show();
  const words = document.querySelector(`[data-cue="${cue.key}"] .words`);
  words.focus({ preventScroll: true });
  words.scrollIntoView({ block: "nearest" });
}
function line(cue) {
  const box = el("div", { className: "cue" });
  box.dataset.cue = cue.key;
  const edit = (field, value, atOnce) => {
    cue[field] = value;
    if (cue.origin === "accepted") { cue.origin = "corrected"; origin.textContent = "suggested, corrected"; }
    changed(atOnce);
    tick();
  };
  const words = el("input", { className: "words", value: cue.text, maxLength: 500, placeholder: NAMES[cue.modality][2] });
  words.setAttribute("aria-label", "Cue in words");
  words.oninput = () => edit("text", words.value, false);
  const time = (field, label) => {
    const input = el("input", { type: "number", min: 0, max: 86400, step: 0.01, value: cue[field] ?? "" });
    input.setAttribute("aria-label", `${label} in seconds`);
    input.oninput = () => { const given = input.valueAsNumber; edit(field, given >= 0 && given <= 86400 ? given : null, false); };
    const now = el("button", { textContent: `${label} = now`, className: field });
    now.onclick = () => { input.value = Math.min(player().currentTime, S.view.duration_s).toFixed(2); edit(field, Number(input.value), true); };
    return [now, input];
  };
  const play = el("button", { textContent: "▶", title: "Play this cue" });
  play.setAttribute("aria-label", "Play this cue");
  play.onclick = () => jump(cue.start_s ?? 0, cue.end_s);
  const remove = el("button", { textContent: "Remove", className: "remove" });
  remove.onclick = () => { S.draft.cues = S.draft.cues.filter((other) => other !== cue); changed(); show(); };
  const origin = el("span", { className: "origin", textContent: { own: "", accepted: "suggested, accepted", corrected: "suggested, corrected" }[cue.origin] });
  const flaw = el("p", { className: "flaw" });
  flaw.dataset.key = cue.key;
  box.append(words, el("div", { className: "times" }, ...time("start_s", "Start"), ...time("end_s", "End"), play, origin, remove), flaw);
  return box;
}
// In a line, without leaving the keyboard: Alt+1 and Alt+2 take the times, Alt+0 plays or pauses.
document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.(".cue");
  if (!event.altKey || !box || !player()) return;
  const act = { Digit1: () => box.querySelector(".start_s").click(), Digit2: () => box.querySelector(".end_s").click(),
    Digit0: () => player().paused ? player().play() : player().pause() }[event.code];
  if (act) { event.preventDefault(); act(); }
});
function judge(verdict) {
  for (const flaw of document.querySelectorAll(".flaw")) flaw.textContent = verdict.flaws[flaw.dataset.key] || "";
  S.tasks[S.view.index].state = verdict.state;
  const sign = { done: "✓", begun: "…", open: "○" };
  byId("clips").replaceChildren(...S.tasks.map((task, index) => el("option", { value: index, selected: index === S.view.index, textContent: `${sign[task.state]} ${index + 1}. ${task.clip}` })));
  const done = S.tasks.filter((task) => task.state === "done").length;
  Object.assign(byId("bar"), { value: done, max: S.tasks.length });
  const open = verdict.state === "done" ? "this one is done" : verdict.missing.length ? "here still: " + verdict.missing.map((name) => NAMES[name][0].toLowerCase()).join(", ") : "see the red lines";
  byId("count").textContent = `${done} of ${S.tasks.length} done; ${open}`;
  byId("previous").disabled = S.view.index === 0;
  byId("next").disabled = S.view.index === S.tasks.length - 1;
}

// Suggestions.
async function suggest() {
  const run = S.run;
  byId("suggest").disabled = true;
  byId("suggest").textContent = "Measuring…";
  try {
    const found = await ask(`${place(S.view.index)}/suggestions`);
    if (run !== S.run) return;
    byId("suggestions").replaceChildren(...found.cues.map(suggestion));
    if (!found.cues.length) byId("suggestions").append(el("li", { textContent: "Nothing was measured that stands out." }));
  } finally { byId("suggest").disabled = false; byId("suggest").textContent = "Show what was measured"; }
}
function suggestion(cue) {
  const when = cue.start_s === null ? "" : ` (${cue.start_s.toFixed(1)}–${(cue.end_s ?? cue.start_s).toFixed(1)} s)`;
  const row = el("li", { className: cue.modality }, el("span", { textContent: cue.text + when }));
  const take = (origin) => { const { modality, text, start_s } = cue; add({ modality, text: text.slice(0, 500), start_s, end_s: start_s === null ? null : cue.end_s ?? start_s, origin }); row.remove(); };
  row.append(
    el("button", { textContent: "▶", title: "Play", onclick: () => jump(cue.start_s ?? 0, cue.end_s) }),
    el("button", { textContent: "Accept", onclick: () => take("accepted") }),
    el("button", { textContent: "Correct", onclick: () => take("corrected") }),
    el("button", { textContent: "No", title: "Not so: dismiss", onclick: () => row.remove() }));
  return row;
}

// The coordinator.
const shown = (value) => value === null || value === undefined ? "–" : value.toFixed(2);
const estimate = (found) => found.low === null || found.low === undefined ? shown(found.value) : `${shown(found.value)} [${shown(found.low)}, ${shown(found.high)}]`;
async function progress() {
  const found = await ask(`/${encodeURIComponent(S.set)}/progress`);
  byId("progress").tBodies[0].replaceChildren(...Object.entries(found).map(([name, n]) =>
    el("tr", {}, ...[name, n.done, n.begun, n.open].map((text) => el("td", { textContent: text })))));
}
async function coordinate(what, body) {
  byId("outcome").textContent = "Working: matching cues by meaning…";
  try {
    if (dirty || saving) await save();
    const found = await ask(`/${encodeURIComponent(S.set)}/${what}`, "POST", body);
    await progress();
    if (what === "export") {
      byId("outcome").textContent = `${found.clips} clips with ${found.cues} cues are in the folder ${found.folder} of the set.\n${found.left_out.map((line) => "Left out: " + line + "\n").join("")}`;
      byId("outcome").append("Run a system on it: ", el("code", { textContent: found.command }));
      return;
    }
    const head = ["modality", "clips", "cues", "shared", "Krippendorff's alpha", "F1", "time IoU"];
    byId("outcome").replaceChildren(
      `Clips done by all of their annotators: ${found.num_clips}. 95 % intervals over clips. Cues to decide in adjudication.csv: ${found.num_open}.`,
      el("table", {}, el("tr", {}, ...head.map((text) => el("th", { textContent: text }))),
        ...Object.entries(found.modalities).map(([name, m]) => el("tr", {}, ...[name, m.clips, m.cues, m.shared, estimate(m.alpha), estimate(m.f1), shown(m.time_iou)].map((text) => el("td", { textContent: text }))))));
  } catch (error) { byId("outcome").textContent = error.message; }
}

// Who, and where.
async function enter() {
  S.who = byId("who").value || null;
  localStorage.setItem("xemogpt:place", JSON.stringify({ set: S.set, who: S.who }));
  if (!S.who) { byId("desk").hidden = true; byId("welcome").hidden = false; return; }
  const found = await ask(person());
  S.tasks = found.tasks;
  await open_(found.current);
}
async function chooseSet() {
  S.set = byId("set").value;
  const set = S.sets.find((given) => given.name === S.set);
  byId("who").replaceChildren(el("option", { value: "", textContent: "choose…" }), ...set.annotators.map((name) => el("option", { value: name, textContent: name })));
  byId("coordinate").hidden = false;
  byId("outcome").replaceChildren();
}
async function leave(then) {
  if (S.view && (dirty || saving)) { await save(); if (dirty) { byId("set").value = S.set; byId("who").value = S.who; return; } }
  S.view = null;
  await then();
}
async function start() {
  S.sets = await ask("");
  if (!S.sets.length) {
    byId("welcome").replaceChildren(el("h2", { textContent: "No set is open for annotation" }), el("p", { textContent: "Make one, then start the page with it:" }),
      el("pre", { textContent: "xemogpt bench make plan CLIPS --out my-set\nxemogpt bench make sheets my-set --annotators ada,ben\nxemogpt ui --annotate my-set" }));
    document.querySelector("header").hidden = true;
    return;
  }
  byId("set").replaceChildren(...S.sets.map((set) => el("option", { value: set.name, textContent: set.name })));
  const last = JSON.parse(localStorage.getItem("xemogpt:place") || "{}");
  if (S.sets.some((set) => set.name === last.set)) byId("set").value = last.set;
  await chooseSet();
  if (last.who && S.sets.find((set) => set.name === S.set).annotators.includes(last.who)) byId("who").value = last.who;
  await enter();
}
byId("set").onchange = guarded(() => leave(async () => { await chooseSet(); await enter(); }));
byId("who").onchange = guarded(() => leave(enter));
byId("clips").onchange = guarded(() => open_(Number(byId("clips").value)));
byId("previous").onclick = guarded(() => open_(S.view.index - 1));
byId("next").onclick = guarded(() => open_(S.view.index + 1));
byId("back").onclick = () => jump(Math.max(0, player().currentTime - 0.1));
byId("forth").onclick = () => jump(player().currentTime + 0.1);
byId("suggest").onclick = guarded(suggest);
byId("agree").onclick = () => coordinate("agreement", {});
byId("export").onclick = () => coordinate("export", { keep: byId("keep").value || null });
byId("coordinate").ontoggle = guarded(async () => { if (byId("coordinate").open) await progress(); });
guarded(start)();
