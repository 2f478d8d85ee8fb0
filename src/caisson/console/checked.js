"use strict";

// What a check has found: the promises with their verdicts, and what was not understood. To open
// a verdict draws its way on the map; so does the address #CHECK.VERDICT.

const MANY_VERDICTS = 8;
const MANY_GAPS = 8;
const MANY_REASONS = 6;
const WORST_FIRST = ["broken", "unknown", "accepted", "holds"];
const SAID = { broken: "broken", unknown: "cannot tell", accepted: "accepted", holds: "holds" };
const TONES = { broken: "bad", unknown: "perhaps", accepted: "perhaps", holds: "good" };

let checks = [];
let filter = null; // a verdict, or null for all
let chosen = null; // {verdict: position} or {thing: id}
const whole = new Set(); // promises of which every verdict is shown

const worst = (verdicts) => WORST_FIRST.find((each) => verdicts.some((one) => one.verdict === each)) ?? "unknown";
const wide = () => matchMedia("(min-width: 1121px)").matches;

// Moves calmly, but not through half of a large estate.
function bring(element, block = "center") {
  const far = Math.abs(element.getBoundingClientRect().top) > 2 * innerHeight;
  const still = far || matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block, behavior: still ? "auto" : "smooth" });
}

// Long addresses break behind their parts.
const breakable = (text) => text.split(/(?<=[a-z\])][./])(?=[a-z])/i).flatMap((part, n) => (n ? [h("wbr"), part] : [part]));

// ── headline ────────────────────────────────────────────────────────────────────────────

function byPromise() {
  const verdicts = Map.groupBy(check.verdicts.map((verdict, position) => ({ ...verdict, position })), (verdict) => verdict.promise);
  return check.promises.map((promise) => ({ ...promise, verdicts: verdicts.get(promise.name) ?? [] }))
    .toSorted((a, b) => WORST_FIRST.indexOf(worst(a.verdicts)) - WORST_FIRST.indexOf(worst(b.verdicts)));
}

function drawHeadline(promises) {
  const of = (verdict) => promises.filter((promise) => worst(promise.verdicts) === verdict);
  const wrong = of("broken"), open = of("unknown");
  const [shape, sentence] =
    wrong.length > 2 ? [VERDICTS.broken, `${wrong.length} of ${promises.length} promises are broken.`]
    : wrong.length ? [VERDICTS.broken, `${both(wrong.map((promise) => promise.name))} ${wrong.length === 1 ? "is" : "are"} broken.`]
    : open.length ? [undefined, `Nothing is known to be broken; ${count(open.length, "promise")} cannot be told.`]
    : promises.length ? [VERDICTS.holds, "Every promise holds."] : [undefined, "Nothing is promised."];
  const { resources, understood } = check.coverage;
  const facts = [
    `${of("holds").length} of ${count(promises.length, "promise")} ${of("holds").length === 1 || promises.length === 1 ? "holds" : "hold"}`,
    `${understood} of ${count(resources, "resource")} understood`,
    check.defaults && "by Caisson's own promises: no file was given",
  ];
  $("headline").replaceChildren(glyph(shape), h("div", null, h("p", { class: "sentence" }, sentence),
    h("p", { class: "facts" }, facts.filter(Boolean).map((fact) => h("span", null, fact)))));
  $("estate").replaceChildren(check.name.split("/").at(-1));
  $("estate").title = check.name;
  document.title = `${wrong.length ? "✗" : open.length ? "?" : "✓"} ${check.name.split("/").at(-1)} · Caisson`;
}

// ── promises ────────────────────────────────────────────────────────────────────────────

function drawFilter() {
  const numbers = Object.fromEntries(WORST_FIRST.map((each) => [each, check.verdicts.filter((one) => one.verdict === each).length]));
  if (filter && !numbers[filter]) filter = null;
  $("filter").replaceChildren(...[null, ...WORST_FIRST].filter((each) => !each || numbers[each]).map((each) =>
    h("button", { type: "button", "data-filter": each ?? "", "aria-pressed": String(each === filter) },
      each ? [glyph(VERDICTS[each]), h("span", null, numbers[each]), unseen(SAID[each])] : "all")));
}

function drawBoard(promises) {
  const shown = promises.map((promise) => ({ ...promise, all: promise.verdicts, verdicts: filter ? promise.verdicts.filter((one) => one.verdict === filter) : promise.verdicts }))
    .filter((promise) => promise.verdicts.length || (!filter && !promise.all.length));
  $("promises").replaceChildren(...shown.map(drawPromise));
}

function drawPromise({ name, sentence, verdicts, all }) {
  const ordered = verdicts.toSorted((a, b) => WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict));
  const most = whole.has(name) ? Infinity : MANY_VERDICTS;
  const told = worst(all), number = all.filter((one) => one.verdict === told).length;
  return h("section", { class: `asked verdict-${told}`, "data-promise": name },
    h("header", null, glyph(VERDICTS[told]), h("h3", null, name),
      h("span", { class: "verdict" }, SAID[told], all.length > 1 && h("small", null, ` ${number} of ${all.length}`))),
    h("p", { class: "sentence" }, sentence),
    ordered.slice(0, most).map(drawVerdict),
    ordered.length > most && h("button", { type: "button", class: "more", "data-more": name }, `show ${ordered.length - most} more`));
}

function drawVerdict(verdict) {
  const { position, subject } = verdict;
  const element = fold({ class: `one verdict-${verdict.verdict}`, name: "verdict", "data-verdict": position },
    [glyph(VERDICTS[verdict.verdict], SAID[verdict.verdict]), h("span", { class: "what" }, breakable(subject))],
    () => drawWhy(verdict), chosen?.verdict === position);
  element.addEventListener("toggle", () => {
    if (element.open) choose({ verdict: position });
    else if (chosen?.verdict === position) choose(null);
  });
  return element;
}

// What shows it is told; of other reasons only so many as are soon read.
function drawWhy({ why, counterexample, remedy, accepted, legs, involved }) {
  const few = counterexample.length ? 0 : MANY_REASONS;
  const rest = why.slice(few);
  return h("div", { class: "why" },
    h("ul", null, counterexample.map((fact) => drawFact(fact, "against")), why.slice(0, few).map((fact) => drawFact(fact, ""))),
    rest.length > 0 && fold({ class: "rest" }, [turner("fold"), few ? `and ${count(rest.length, "more reason")}` : `what else was found: ${count(rest.length, "fact")}`],
      () => h("ul", { class: "facts-of" }, rest.map((fact) => drawFact(fact, "")))),
    accepted && h("p", { class: "accepted" }, `accepted: ${accepted}`),
    remedy && h("p", { class: "remedy" }, breakable(remedy)),
    involved.length > 0 && h("button", { type: "button", class: "more find", "data-find": "" }, legs.length ? "show the way on the map" : "show on the map"));
}

const drawFact = ({ text, source }, kind) => h("li", { class: kind }, breakable(text), " ", telling(source) && h("span", { class: "address" }, telling(source)));

// A plan has no lines worth telling: its addresses are in the text.
const telling = (source) => (source && !source.endsWith(".json:1") ? source : null);

// ── what was not understood ─────────────────────────────────────────────────────────────

function drawGaps(all = false) {
  const { resources, understood, neutral, ignored } = check.coverage;
  const missing = Object.entries(ignored);
  const gaps = [...Map.groupBy(check.gaps, (gap) => `${gap.type} ${gap.what.replaceAll(gap.resource, "…")}`).values()];
  const shown = all ? gaps : gaps.slice(0, MANY_GAPS);
  $("gaps").replaceChildren(
    h("p", { class: "covered" }, `${understood} of ${count(resources, "resource")} were understood`,
      neutral > 0 && `; ${neutral} of them matter to no question`, missing.length ? "." : " and none was left out."),
    ...(missing.length ? [h("p", { class: "covered" }, `Left out: ${missing.map(([type, number]) => `${number} ${type}`).join(", ")}.`)] : []),
    ...(gaps.length ? [h("ul", { class: "gaps" }, shown.map(drawGap))] : []),
    ...(gaps.length > shown.length ? [h("button", { type: "button", class: "more", "data-gaps": "" }, `show ${gaps.length - shown.length} more`)] : []));
}

function drawGap([gap, ...alike]) {
  return h("li", null, glyph(),
    h("div", { class: "what" }, breakable(gap.what), " ",
      h("span", { class: "age" }, `${gap.questions.length > 6 ? "every question" : both(gap.questions)} `),
      telling(gap.source) && h("span", { class: "address" }, telling(gap.source)),
      alike.length > 0 && fold({ class: "rest" }, [turner("fold"), `and ${count(alike.length, "other", "others")} like it`],
        () => h("ul", null, alike.map((each) => h("li", null, each.at ? showing(each.at, each.resource) : each.resource))))),
    gap.at && showing(gap.at, "show"));
}

const showing = (id, said) => h("button", { type: "button", class: "more", "data-thing": id }, said);

// ── one thing ───────────────────────────────────────────────────────────────────────────

const told = (value, yes, no, open) => (value === true ? yes : value === false ? no : open);

function drawAbout(id) {
  const about = thing(id);
  const facts = [
    [words(about.type || about.kind), about.system].filter(Boolean).join(", "),
    about.environment && `of ${about.environment}`,
    about.encrypted !== undefined && about.system && told(about.encrypted, "encrypted at rest", "not encrypted at rest", "whether it is encrypted at rest cannot be told"),
    about.system && told(about.public, "can be read by everybody", null, null),
    told(about.addressed, "has a public address", null, null),
    ...(about.parts ?? []).map((part) => `keeps ${part.name} (${part.kind})`),
  ];
  const ties = check.map.lines.filter((line) => line.from === id || line.to === id).slice(0, 40);
  const verdicts = check.verdicts.map((verdict, position) => ({ ...verdict, position }))
    .filter((verdict) => verdict.at === id || (verdict.verdict === "broken" && verdict.involved.includes(id)));
  return [
    h("header", null, icon(about.kind), h("h2", null, about.name), h("button", { type: "button", class: "quiet", "data-close": "" }, "×", unseen("Close"))),
    h("p", { class: "address" }, id),
    h("ul", { class: "traits" }, facts.filter(Boolean).map((fact) => h("li", null, fact))),
    ties.length > 0 && h("ul", { class: "ties" }, ties.map((line) => drawTie(line, id))),
    verdicts.length > 0 && h("ul", { class: "ties" }, verdicts.map((verdict) => h("li", null, glyph(VERDICTS[verdict.verdict], SAID[verdict.verdict]),
      h("button", { type: "button", class: "more", "data-open": verdict.position }, verdict.promise)))),
    telling(about.source) && h("p", { class: "address" }, about.source),
  ];
}

function drawTie({ from, to, says }, id) {
  const other = from === id ? to : from;
  return h("li", null, h("span", { class: "age" }, from === id ? `${says} →` : `← ${says}`), " ",
    thing(other) ? h("button", { type: "button", class: "more", "data-thing": other, title: other }, thing(other).name) : h("span", { class: "address" }, other));
}

// ── what is chosen ──────────────────────────────────────────────────────────────────────

function selection() {
  if (chosen?.verdict !== undefined) {
    const { legs, involved, verdict } = check.verdicts[chosen.verdict];
    return { legs, lit: involved, tone: TONES[verdict] };
  }
  if (chosen?.thing !== undefined) {
    const ties = check.map.lines.filter((line) => line.from === chosen.thing || line.to === chosen.thing);
    return { legs: ties, lit: [chosen.thing, ...ties.flatMap((line) => [line.from, line.to])], tone: "tie" };
  }
  return null;
}

function choose(next) {
  chosen = next;
  const picked = selection();
  if (picked) reveal([...picked.legs.flatMap((leg) => [leg.from, leg.to]), ...picked.lit]);
  const open = document.querySelector("details.one[open]");
  if (open && Number(open.dataset.verdict) !== chosen?.verdict) open.open = false;
  $("thing").hidden = chosen?.thing === undefined;
  if (chosen?.thing !== undefined) $("thing").replaceChildren(...drawAbout(chosen.thing).filter(Boolean));
  history.replaceState(null, "", chosen?.verdict === undefined ? location.pathname + location.search : `#${checks.indexOf(check)}.${chosen.verdict}`);
  light(picked);
  if (picked && wide()) bringIntoView(picked);
}

function light(picked) {
  const lit = picked && picked.lit.map(spot).filter(Boolean);
  for (const element of canvas().querySelectorAll(".lit")) element.classList.remove("lit");
  for (const element of lit ?? []) {
    element.classList.add("lit");
    element.closest(".card")?.classList.add("lit");
  }
  canvas().classList.toggle("dimmed", Boolean(lit?.length));
  canvas().dataset.tone = picked?.tone ?? "";
  label(picked?.legs ?? []);
  drawLines(picked);
}

const wayEnd = (picked) => [...picked.legs.map((leg) => leg.to).toReversed(), ...picked.lit].map(spot).find(Boolean);

function bringIntoView(picked) {
  const end = wayEnd(picked);
  if (!end) return;
  const { top, bottom } = end.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) bring(end);
}

function openVerdict(position) {
  if (filter && check.verdicts[position].verdict !== filter) filter = null;
  whole.add(check.verdicts[position].promise);
  chosen = { verdict: position };
  drawSide();
  const element = document.querySelector(`details.one[data-verdict="${position}"]`);
  choose(chosen);
  if (element) bring(element, "nearest");
}

function drawSide() {
  const promises = byPromise();
  drawHeadline(promises);
  drawFilter();
  drawBoard(promises);
}

function show(position) {
  check = checks[position] ?? checks[0];
  chosen = null;
  whole.clear();
  $("thing").hidden = true;
  drawSide();
  drawMap();
  drawGaps();
  light(null);
}

// ── the reader ──────────────────────────────────────────────────────────────────────────

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { filter: wanted, more, gaps, thing: tied, open, close, find, at: anchor } = button.dataset;
  if (wanted !== undefined) { filter = wanted || null; drawSide(); $("filter").querySelector(`[data-filter="${wanted}"]`)?.focus(); }
  else if (more !== undefined) { whole.add(more); drawSide(); document.querySelector(`[data-promise="${CSS.escape(more)}"] details:nth-of-type(${MANY_VERDICTS + 1}) summary`)?.focus(); }
  else if (gaps !== undefined) drawGaps(true);
  else if (open !== undefined) openVerdict(Number(open));
  else if (close !== undefined) choose(null);
  else if (find !== undefined) bring(wayEnd(selection()) ?? canvas());
  else if (tied ?? anchor) {
    const id = tied ?? anchor;
    if (thing(id)) choose(chosen?.thing === id ? null : { thing: id });
    else if (spot(id)) bring(spot(id));
  }
});
document.addEventListener("keydown", ({ key }) => key === "Escape" && chosen && choose(null));
$("checks").addEventListener("change", ({ target }) => show(target.selectedIndex));

async function load() {
  const inside = $("document");
  return JSON.parse(inside ? inside.textContent : await (await fetch("/document.json")).text());
}

load().then((loaded) => {
  checks = loaded.checks;
  for (const verdict of checks.flatMap((each) => each.verdicts)) // what is accepted is borne
    if (verdict.accepted) verdict.verdict = "accepted";
  $("checks").replaceChildren(...checks.map((each) => h("option", null, each.name.split("/").at(-1))));
  $("choice").hidden = checks.length < 2;
  const [position, verdict] = location.hash.slice(1).split(".").map(Number);
  show(position || 0);
  if (Number.isInteger(verdict) && check.verdicts[verdict]) openVerdict(verdict);
  $("checks").selectedIndex = checks.indexOf(check);
  new ResizeObserver(() => drawLines(selection())).observe(canvas());
});
