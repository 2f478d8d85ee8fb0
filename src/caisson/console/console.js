"use strict";

// The console draws a snapshot, with what elements.js gives. Every update builds the wanted elements afresh and morphs
// the page into them, so that focus, scrolling and unfolded details stay where they are.

const SILENCE_MS = 25_000; // the server sends at least a pulse every 10 s
const RETRY_MS = 1_000;

let snapshot = null;
let receivedAt = 0; // performance.now() when the snapshot came
let connected = false;
let environment = recall("environment");

// ── elements ────────────────────────────────────────────────────────────────────────────

// `open` belongs to the reader once a <details> is on the page.
const readersOwn = (element, name) => name === "open" && element.nodeName === "DETAILS";

function morph(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && !readersOwn(old, name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value && !readersOwn(old, name)) old.setAttribute(name, value);
  fill(old, [...fresh.childNodes]);
}

function fill(parent, wanted) {
  const keyed = new Map();
  for (const child of parent.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
  let cursor = parent.firstChild;
  for (const fresh of wanted) {
    const match = fresh.dataset?.key ? keyed.get(fresh.dataset.key) : cursor;
    if (match && alike(match, fresh)) {
      if (match === cursor) cursor = cursor.nextSibling;
      else parent.insertBefore(match, cursor);
      morph(match, fresh);
    } else parent.insertBefore(fresh, cursor);
  }
  while (cursor) {
    const next = cursor.nextSibling;
    cursor.remove();
    cursor = next;
  }
}

const alike = (a, b) => a.nodeName === b.nodeName && (a.dataset?.key ?? "") === (b.dataset?.key ?? "");

const show = (id, ...children) =>
  fill($(id), [...h("div", null, ...children).childNodes]);

// ── words, numbers, shapes ──────────────────────────────────────────────────────────────

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "cannot tell";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

// A measured time span, where nothing is nothing: "0 s" reads better than "0 ms".
const figure = (seconds) => (seconds === 0 ? "0 s" : duration(seconds));

function bytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let power = 0;
  for (; count >= 1000 && power < units.length - 1; power += 1) count /= 1000;
  return `${count < 10 && power > 0 ? count.toFixed(1) : Math.round(count)} ${units[power]}`;
}

const now = () => snapshot.now + (connected ? (performance.now() - receivedAt) / 1000 : 0);
const age = (at) => (now() - at < 3 ? "just now" : `${duration(now() - at)} ago`);
const clock = (at) => new Date(at * 1000).toLocaleTimeString("en-GB");
// state → [shape, tone]; a shape never stands for two different tones
const STATES = {
  healthy: ["ok", "good"], running: ["dot", "good"], starting: ["half", "busy"],
  silent: ["mute", "warn"], degraded: ["warn", "warn"], backoff: ["warn", "warn"], lost: ["cross", "bad"],
  stopped: ["off", "idle"], frozen: ["ice", "cold"],
};
const STEPS = { pending: ["todo", "idle"], running: ["spin", "busy"], done: ["ok", "good"], failed: ["cross", "bad"] };
const LEVELS = { info: ["info", "idle"], warning: ["warn", "warn"], error: ["cross", "bad"] };
const FIDELITY_ORDER = ["proof", "rehearsal", "cloud drill", "real event"];

// ── headline ────────────────────────────────────────────────────────────────────────────

const inRegions = (sites) => sites.filter((site) => site.jurisdiction);

function headline() {
  const running = snapshot.operations.find((operation) => operation.state === "running");
  const lost = inRegions(snapshot.sites).filter((site) => site.state === "lost");
  const broken = snapshot.promises.filter((promise) => promise.verdict === "broken");
  const unknown = snapshot.promises.filter((promise) => promise.verdict === "unknown");
  const unwell = inRegions(snapshot.sites).filter((site) => site.state === "degraded");
  if (lost.length) return [["cross", "bad"], lossSentence(lost), running && runningSentence(running)];
  if (broken.length)
    return [["cross", "bad"], `${both(broken.map((promise) => promise.name))} ${broken.length === 1 ? "is" : "are"} broken.`, running && runningSentence(running)];
  if (running) return [["spin", "busy"], runningSentence(running), null];
  if (snapshot.state !== "up") return [["half", "busy"], `The estate is ${snapshot.state}.`, null];
  if (unwell.length) return [["warn", "warn"], `${both(unwell.map(siteName))} ${unwell.length === 1 ? "is" : "are"} degraded.`, null];
  if (!snapshot.promises.length) return [["ask", "idle"], "No promise is declared.", null];
  if (unknown.length) return [["ask", "idle"], `Nothing is broken; for ${count(unknown.length, "promise")} we cannot tell.`, null];
  return [["ok", "good"], "Every promise holds.", null];
}

const siteName = (site) => (snapshot.environments.length > 1 ? `${site.environment}/${site.region}` : site.region);

function lossSentence(lost) {
  const regions = [...new Set(lost.map((site) => site.region))];
  const serving = lost.flatMap((gone) => snapshot.sites.filter((site) =>
    site.environment === gone.environment && site.jurisdiction === gone.jurisdiction && site.serves && site.state !== "lost"));
  const places = [...new Map(serving.map((site) => [site.jurisdiction, site.region]))];
  const then = places.map(([jurisdiction, region]) => `${jurisdiction} is served from ${region}`);
  return `${both(regions)} ${regions.length === 1 ? "is" : "are"} lost${then.length ? `; ${both(then)}` : ""}.`;
}

function runningSentence(operation) {
  const at = operation.steps.findIndex((step) => step.state === "running");
  const place = at < 0 ? "" : `, step ${at + 1} of ${operation.steps.length}: ${operation.steps[at].name}`;
  const verb = operation.verb.charAt(0).toUpperCase() + operation.verb.slice(1);
  return `${verb} of ${operation.subject} is running${place}`;
}

function drawHeadline() {
  const [shape, sentence, also] = headline();
  const regions = inRegions(snapshot.sites);
  const holding = snapshot.promises.filter((promise) => promise.verdict === "holds").length;
  const facts = [
    `${regions.filter((site) => site.state === "healthy").length} of ${count(regions.length, "site")} healthy`,
    `${holding} of ${count(snapshot.promises.length, "promise")} ${holding === 1 ? "holds" : "hold"}`,
  ];
  show("headline", glyph(shape),
    h("div", null,
      h("p", { class: "sentence" }, sentence),
      h("p", { class: "facts" }, also && h("strong", null, also), facts.map((fact) => h("span", null, fact)))));
  show("estate", snapshot.estate, " ", h("small", null, `on ${snapshot.target}`));
  document.title = `${shape[0] === "ok" ? "✓" : shape[1] === "bad" ? "✗" : "…"} ${snapshot.estate} · Caisson`;
}

function drawEnvironments() {
  if (!snapshot.environments.includes(environment)) environment = snapshot.environments[0];
  show("environments", snapshot.environments.map((name) => {
    const states = inRegions(snapshot.sites).filter((site) => site.environment === name).map((site) => site.state);
    const worst = ["lost", "degraded", "starting", "stopped"].find((state) => states.includes(state));
    return h("button", { type: "button", "data-key": name, "aria-pressed": String(name === environment) },
      worst && glyph(STATES[worst], worst), name);
  }));
}

// ── map ─────────────────────────────────────────────────────────────────────────────────

const LAYERS = ["edge", "proxy", "service", "store"]; // the way of a request, top to bottom
const byLayer = (a, b) => LAYERS.indexOf(a.kind) - LAYERS.indexOf(b.kind) || a.name.localeCompare(b.name);

function drawMap() {
  const sites = snapshot.sites.filter((site) => site.environment === environment);
  const edges = sites.filter((site) => !site.jurisdiction).flatMap((site) => site.components);
  const groups = snapshot.jurisdictions
    .map((place) => [place, ordered(inRegions(sites).filter((site) => site.jurisdiction === place.name), place)])
    .filter(([, members]) => members.length);
  show("canvas",
    edges.length > 0 && h("div", { class: "edges" }, edges.map(drawEdge)),
    h("div", { class: "groups" }, groups.map(([place, members]) =>
      h("section", { class: "group", "data-key": place.name, "aria-label": `Jurisdiction ${place.name}` },
        h("h3", null, place.name),
        h("div", { class: "columns" }, members.map((site) => drawSite(site, place)))))),
    h("svg", { class: "lines", "data-key": "lines", "aria-hidden": "true" }));
  drawLines(sites);
}

function ordered(sites, place) {
  const rank = (site) => [place.home, place.standby].indexOf(site.region);
  return sites.toSorted((a, b) => (rank(a) < 0 ? 9 : rank(a)) - (rank(b) < 0 ? 9 : rank(b)));
}

const drawEdge = (edge) =>
  h("div", { class: `edge state-${edge.state}`, "data-key": edge.id, "data-edge": edge.id },
    glyph(STATES[edge.state], edge.state), h("strong", null, edge.name),
    h("span", { class: "address" }, edge.address), edge.state !== "running" && tag(edge.state, "alert"));

function drawSite(site, place) {
  const purpose = site.region === place.home ? "home" : site.region === place.standby ? "standby" : "region";
  return h("article", {
    class: `site state-${site.state} ${site.serves ? "serves" : ""}`,
    "data-key": site.region, "data-site": site.region, "aria-label": `${site.region}, ${site.state}`,
  },
  h("header", null, glyph(STATES[site.state], site.state), h("h4", null, site.region)),
  h("p", { class: "standing" }, site.serves ? tag("serves", "solid") : null, tag(purpose),
    site.state !== "healthy" && tag(site.state, "alert")),
  h("ul", null, site.components.toSorted(byLayer).map(drawComponent)));
}

function drawComponent(component) {
  const role = component.role === "replica" ? null : tag(component.role, `role-${component.role}`);
  const generation = present(component.generation) && h("span", { class: "generation" }, `gen ${component.generation}`);
  return h("li", {
    class: `component kind-${component.kind} state-${component.state} is-${component.role}`,
    "data-key": component.id, "data-component": component.id,
  },
  h("div", { class: "who" }, glyph(STATES[component.state], component.state),
    h("span", { class: "name" }, component.name),
    component.state !== "running" && h("span", { class: "word" }, component.state)),
  (role || generation) && h("div", { class: "standing" }, role, generation),
  h("div", { class: "address" }, component.address),
  component.detail && h("div", { class: "detail" }, component.detail),
  component.role === "standby" && present(component.lag_s) && unseen(`${duration(component.lag_s)} behind`));
}

function drawLines(sites) {
  const canvas = $("canvas");
  const lines = canvas.querySelector(".lines");
  const origin = canvas.getBoundingClientRect();
  const box = (name, value) => {
    const found = canvas.querySelector(`[data-${name}="${CSS.escape(value)}"]`);
    if (!found) return null;
    const { top, bottom } = found.getBoundingClientRect(); // a component is as wide as its site's card
    const { left, right } = (found.closest(".site") ?? found).getBoundingClientRect();
    return { left: left - origin.left, top: top - origin.top, right: right - origin.left, bottom: bottom - origin.top };
  };
  lines.setAttribute("viewBox", `0 0 ${origin.width} ${origin.height}`);
  fill(lines, [
    ...snapshot.sites.filter((site) => site.environment === environment && !site.jurisdiction)
      .flatMap((site) => site.components)
      .flatMap((edge) => inRegions(sites).map((site) => requestLine(box("edge", edge.id), box("site", site.region), site))),
    ...snapshot.flows.filter((flow) => flow.kind === "replication")
      .map((flow) => replicationLine(box("component", flow.source), box("component", flow.target), flow)),
  ].filter(Boolean));
}

function requestLine(edge, site, { serves, region, state }) {
  if (!edge || !site || state === "lost") return null;
  const from = (edge.left + edge.right) / 2, to = (site.left + site.right) / 2;
  const turn = Math.min(edge.bottom + 26, site.top);
  const stacked = site.top - edge.bottom > 140; // groups below one another: go round, by the left rail
  const way = stacked
    ? `M${from} ${edge.bottom}C${from} ${turn} 5 ${edge.bottom} 5 ${turn + 12}V${site.top - 18}Q5 ${site.top - 10} 13 ${site.top - 10}H${to - 8}Q${to} ${site.top - 10} ${to} ${site.top - 2}`
    : `M${from} ${edge.bottom}C${from} ${(edge.bottom + site.top) / 2 + 6} ${to} ${(edge.bottom + site.top) / 2 - 12} ${to} ${site.top}`;
  return h("path", { class: serves ? "request" : "reserve", d: way, "data-key": `request ${region}` });
}

function replicationLine(source, target, flow) {
  if (!source || !target) return null;
  const right = target.left >= source.right;
  if (!right && source.left < target.right) return null; // not side by side: told in the component's words
  const [x1, x2] = right ? [source.right, target.left] : [source.left, target.right];
  const y1 = (source.top + source.bottom) / 2, y2 = (target.top + target.bottom) / 2;
  const middle = (x1 + x2) / 2, back = right ? -7 : 7;
  const broken = flow.state !== "ok";
  return h("g", { class: `flow ${broken ? "broken" : ""}`, "data-key": `${flow.source} ${flow.target}` },
    h("path", { class: "replication", d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2 + back} ${y2}` }),
    h("path", { class: "tip", d: `M${x2 + back} ${y2 - 4}L${x2} ${y2}L${x2 + back} ${y2 + 4}z` }),
    broken && h("path", { class: "cut", d: `M${middle - 5} ${(y1 + y2) / 2 - 5}l10 10m0 -10l-10 10` }),
    h("text", { x: middle, y: (y1 + y2) / 2 - 8 }, broken ? "broken" : present(flow.lag_s) ? duration(flow.lag_s) : "lag ?"),
    !broken && flow.lag_bytes > 0 && h("text", { class: "minor", x: middle, y: (y1 + y2) / 2 + 15 }, bytes(flow.lag_bytes)));
}

// ── promises, operations, drills, events ────────────────────────────────────────────────

const bestFirst = (a, b) =>
  a.stale - b.stale || FIDELITY_ORDER.indexOf(b.fidelity) - FIDELITY_ORDER.indexOf(a.fidelity) || b.at - a.at;

function figures({ rto_s, rpo_s, restore_s, writes_lost }) {
  return [
    present(restore_s) && ["restored", figure(restore_s)],
    rto_s !== undefined && ["RTO", figure(rto_s)],
    rpo_s !== undefined && ["RPO", figure(rpo_s)],
    writes_lost !== undefined && ["lost", writes_lost === null ? "cannot tell" : String(writes_lost)],
  ].filter(Boolean);
}

const drawFigures = (list) =>
  h("span", { class: "figures" }, list.map(([name, value]) => h("span", null, h("small", null, name), " ", h("b", null, value))));

function drawPromise(promise) {
  const evidence = promise.evidence.toSorted(bestFirst);
  return h("details", { class: `promise verdict-${promise.verdict}`, "data-key": promise.name },
    h("summary", null,
      glyph(VERDICTS[promise.verdict]),
      h("span", { class: "what" },
        h("strong", null, promise.name),
        h("span", { class: "sentence" }, promise.sentence),
        h("span", { class: "best" }, bestEvidence(promise, evidence[0]))),
      h("span", { class: "verdict" }, VERDICT_WORDS[promise.verdict] ?? "cannot tell")),
    h("div", { class: "why" },
      h("ul", null, promise.why.map((reason) => h("li", null, reason))),
      evidence.length > 0 && h("ul", { class: "evidence" }, evidence.map(drawEvidence))));
}

function bestEvidence(promise, best) {
  if (!best) return promise.fidelity ? [tag(promise.fidelity)] : [tag("no evidence yet")];
  return [tag(best.fidelity), drawFigures(figures(best.figures ?? {})),
    h("span", { class: "age" }, age(best.at)), (best.stale || promise.stale) && tag("stale", "alert")];
}

const drawEvidence = (item) =>
  h("li", null, h("span", null, item.method, " · ", item.subject), drawFigures(figures(item.figures ?? {})),
    h("span", { class: "age" }, `${item.fidelity}, ${age(item.at)}`), item.stale && tag("stale", "alert"),
    item.report?.startsWith("/drills/") && h("a", { href: item.report }, "picture"));

function drawPromises() {
  const worstFirst = (promise) => ({ broken: 0, unknown: 1 })[promise.verdict] ?? 2;
  show("promises", snapshot.promises.toSorted((a, b) => worstFirst(a) - worstFirst(b)).map(drawPromise),
    !snapshot.promises.length && h("p", { class: "empty" }, "The estate declares no promise."));
}

const elapsed = (part) => (present(part.started_at) ? duration(Math.max(0, (part.ended_at ?? now()) - part.started_at)) : "");

function drawOperation(operation) {
  const done = operation.steps.filter((step) => step.state === "done").length;
  return h("details", { class: `operation ${operation.state}`, "data-key": operation.id, open: operation.state === "running" },
    h("summary", null, glyph(STEPS[operation.state]),
      h("span", { class: "what" }, h("strong", null, operation.verb), " ", operation.subject),
      h("span", { class: "age" }, operation.state === "running" ? elapsed(operation) : `${elapsed(operation)}, ${age(operation.ended_at ?? operation.started_at)}`),
      h("span", { class: "track", role: "img", "aria-label": `${operation.state}, ${done} of ${count(operation.steps.length, "step")} done` },
        operation.steps.map((step) => h("i", { class: step.state })))),
    h("ol", null, operation.steps.map((step) =>
      h("li", { class: step.state, "data-key": step.name }, glyph(STEPS[step.state], step.state),
        h("span", null, step.name, step.detail && h("small", null, step.detail)),
        h("span", { class: "age" }, elapsed(step))))));
}

function drawOperations() {
  const latest = snapshot.operations.toSorted((a, b) => b.started_at - a.started_at);
  show("operations", latest.map(drawOperation),
    !latest.length && h("p", { class: "empty" }, "No operation has run yet."));
}

function drawDrills() {
  const latest = snapshot.drills.toSorted((a, b) => b.at - a.at);
  const hint = inRegions(snapshot.sites)[0]?.region ?? "REGION";
  show("drills", h("ul", { class: "drills" }, latest.map((drill) =>
    h("li", { "data-key": drill.id },
      h("a", { href: `/drills/${encodeURIComponent(drill.id)}` },
        glyph(STEPS[drill.state], drill.state),
        h("span", { class: "what" }, h("strong", null, drill.fault), " ", drill.subject),
        drawFigures(figures(drill)), h("span", { class: "age" }, age(drill.at)))))),
  !latest.length && h("p", { class: "empty" }, "No drill yet. Try ", h("code", null, `caisson drill lose-region ${hint}`)));
}

function drawEvents() {
  const seen = new Map();
  const key = (event) => {
    const base = `${event.at} ${event.text}`;
    seen.set(base, (seen.get(base) ?? 0) + 1);
    return `${base} ${seen.get(base)}`;
  };
  const latest = snapshot.events.toSorted((a, b) => b.at - a.at).slice(0, 200);
  show("events", h("ul", { class: "events" }, latest.map((event) =>
    h("li", { class: event.level, "data-key": key(event) },
      h("time", { datetime: new Date(event.at * 1000).toISOString() }, clock(event.at)),
      glyph(LEVELS[event.level], event.level), h("span", null, event.text)))),
  !latest.length && h("p", { class: "empty" }, "Nothing has happened yet."));
}

function draw() {
  if (!snapshot) return;
  drawHeadline();
  drawEnvironments();
  drawMap();
  drawPromises();
  drawOperations();
  drawBackups();
  drawDrills();
  drawEvents();
}

// ── connection ──────────────────────────────────────────────────────────────────────────

let silence = 0;

function listen() {
  const stream = new EventSource("/api/events");
  const lost = (why) => {
    clearTimeout(silence);
    stream.close();
    setConnected(false, why);
    setTimeout(listen, RETRY_MS);
  };
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => lost("The controller has fallen silent."), SILENCE_MS);
    setConnected(true);
  };
  stream.addEventListener("snapshot", (event) => {
    snapshot = JSON.parse(event.data);
    receivedAt = performance.now();
    heard();
    draw();
  });
  stream.addEventListener("pulse", heard);
  stream.addEventListener("stopped", () => lost("The controller has stopped."));
  stream.addEventListener("error", () => lost("The controller does not answer."));
}

function setConnected(is, why = "") {
  if (!is && !connected && $("banner").textContent) return; // keep saying the first reason
  connected = is;
  document.body.classList.toggle("stale", !is);
  show("banner", !is && [glyph(["warn", "warn"]), h("strong", null, why),
    h("span", null, snapshot ? ` You see the state of ${clock(snapshot.now)}. Trying again …` : " Trying again …")]);
}

// ── the reader's choices ────────────────────────────────────────────────────────────────

$("environments").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  environment = button.dataset.key;
  remember("environment", environment);
  draw();
});

show("headline", glyph(["half", "busy"]), h("div", null, h("p", { class: "sentence" }, "Asking the controller …")));
listen();
setInterval(() => connected && draw(), 1000); // ages and running times go on
new ResizeObserver(() => snapshot && drawMap()).observe($("canvas"));
