// What the page does: a link moves the clip; frame, curves, words and cues follow the clip.
const byId = (id) => document.getElementById(id);
const all = (query) => [...document.querySelectorAll(query)];
const media = byId("media"), links = all("[data-start]"), frames = all(".frame");
const startOf = (link) => Number(link.dataset.start), endOf = (link) => Number(link.dataset.end);
const followers = all(".cue[data-start], .word");
let now = 0;

function bytesOf(id) {
  return Uint8Array.from(atob(byId(id).textContent), (letter) => letter.charCodeAt(0));
}

function across(time) { // pixels from the left edge of the plot
  const width = byId("curves").clientWidth - settings.margin.l - settings.margin.r;
  return settings.margin.l + Math.min(1, Math.max(0, time / settings.length)) * width;
}

function place(element, start, end) {
  const plot = byId("curves");
  if (!plot.clientHeight) return;
  element.style.cssText = `display:block;left:${across(start)}px;top:${settings.margin.t}px;` +
    `height:${plot.clientHeight - settings.margin.t - settings.margin.b}px` +
    (end === undefined ? "" : `;width:${across(end) - across(start)}px`);
}

function show(time) { // everything that follows the clip
  now = time;
  place(byId("playhead"), time);
  for (const link of followers) link.classList.toggle("on", startOf(link) <= time && time < Math.max(endOf(link), startOf(link) + 0.1));
  const line = byId("now");
  if (line) line.textContent = `${time.toFixed(1)} s` + all(".cue.on").slice(0, 3).map((link) => " · " + link.children[1].textContent).join("");
}

function nearestFrame(start, end) { // inside the span if there is one, else the closest to it
  const distance = (frame) => Math.max(start - startOf(frame), startOf(frame) - end, 0);
  return frames.reduce((best, frame) => (!best || distance(frame) < distance(best) ? frame : best), null);
}

function choose(link) {
  const start = startOf(link), end = endOf(link), number = link.dataset.cue;
  if (media) media.currentTime = start;
  for (const other of links) other.classList.toggle("chosen", other === link || (number !== undefined && other.dataset.cue === number));
  const frame = nearestFrame(start, end);
  for (const other of frames) other.classList.toggle("chosen", other === frame);
  if (frame) frame.parentElement.scrollTo({ left: frame.offsetLeft - frame.parentElement.offsetLeft - 40, behavior: "smooth" });
  place(byId("band"), start, end);
  byId("band").dataset.start = start;
  byId("band").dataset.end = end;
  show(start);
}

function step(direction) { // to the next or previous cue in time
  const cues = all(".cue[data-start]").filter((cue) => cue.offsetParent).sort((a, b) => startOf(a) - startOf(b));
  const at = cues.findIndex((cue) => cue.classList.contains("chosen"));
  const cue = cues[at < 0 ? (direction > 0 ? 0 : cues.length - 1) : Math.min(cues.length - 1, Math.max(0, at + direction))];
  if (cue) { choose(cue); cue.focus(); }
}

for (const link of links) link.addEventListener("click", (event) => { event.preventDefault(); choose(link); });
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "INPUT") return;
  if (event.key === "n") step(1);
  if (event.key === "p") step(-1);
  if (event.key === "k" && media) media.paused ? media.play() : media.pause();
});
byId("plot").addEventListener("click", (event) => {
  const left = event.clientX - byId("plot").getBoundingClientRect().left;
  const width = across(settings.length) - settings.margin.l;
  const time = Math.min(1, Math.max(0, (left - settings.margin.l) / width)) * settings.length;
  if (media) media.currentTime = time;
  show(time);
});
if (byId("mesh")) byId("mesh").addEventListener("change", (event) => byId("frames").classList.toggle("no-mesh", !event.target.checked));
if (media) {
  media.src = URL.createObjectURL(new Blob([bytesOf("clip")], { type: byId("clip").dataset.mime }));
  const follow = () => { show(media.currentTime); if (!media.paused) requestAnimationFrame(follow); };
  for (const name of ["play", "seeked", "timeupdate"]) media.addEventListener(name, follow);
}
for (const mark of all(".mark")) mark.addEventListener("click", () => {
  mark.setAttribute("aria-pressed", String(mark.getAttribute("aria-pressed") !== "true"));
  const wrong = all('.mark[aria-pressed="true"]').map((each) => settings.cues[Number(each.dataset.number)]);
  byId("marked").textContent = wrong.length ? `${wrong.length} marked as wrong.` : "Is one of them wrong? Mark it.";
  URL.revokeObjectURL(byId("save").href);
  byId("save").href = URL.createObjectURL(new Blob([JSON.stringify({ media: settings.media, wrong }, null, 1)], { type: "application/json" }));
  byId("save").hidden = !wrong.length;
});
addEventListener("resize", () => requestAnimationFrame(() => {
  place(byId("playhead"), now);
  const band = byId("band");
  if (band.dataset.start !== undefined) place(band, Number(band.dataset.start), Number(band.dataset.end));
}));
performance.mark("usable"); // links, words and clip work; the curves are still being drawn

async function draw() {
  if (!self.DecompressionStream) { byId("curves").textContent = "This browser is too old to draw the curves (2023 or later is needed)."; return; }
  const packed = new Blob([bytesOf("plotly")]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(packed).text();
  performance.mark("unpacked"); document.head.append(script); performance.mark("loaded");
  const colours = getComputedStyle(document.documentElement);
  figure.layout.font = { color: colours.getPropertyValue("--soft").trim() };
  await Plotly.newPlot("curves", figure.data, figure.layout, { responsive: true, displayModeBar: false });
  show(now);
  performance.mark("drawn");
  document.documentElement.dataset.drawn = "yes";
}
requestAnimationFrame(() => setTimeout(draw));
