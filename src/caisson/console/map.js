"use strict";

// The map of a checked plan: accounts, their regions, the networks and what stands in them. What
// is much is folded, and built only when it is unfolded. An anchor is the id of something on the
// map; what is folded away is drawn at the fold that hides it.

const MANY_CARDS = 9; // from so many in a region on, cards are closed at first
const MANY_ALIKE = 7; // from so many of a type on, they are one line
const MOST_LINES = 300;
const MOST_REVEALED = 30;

const ICONS = {
  store: "store", replica: "replica", cache: "cache", search: "search", files: "files",
  queue: "queue", stream: "queue", log: "log", backup: "backup", image: "image", secret: "key",
  key: "key", delivery: "delivery", disk: "disk", state: "files", entrance: "entrance",
  gateway: "gateway", proxy: "entrance", edge: "entrance",
};
const GATEWAYS = {
  "internet gateway": "internet", "egress-only internet gateway": "egress only",
  "NAT gateway": "NAT", "private gateway": "private",
};

let check = null; // the one that is shown
let within = new Map(); // anchor → the anchor of the fold around it
let broken = new Set(); // anchors of which something broken is said

const canvas = () => $("canvas");
const thing = (id) => check.map.things[id];
const icon = (kind) => h("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, h("use", { href: `#g-${ICONS[kind] ?? "program"}` }));
const words = (type) => type.replace(/^aws_/, "").replaceAll("_", " ");
const at = (anchor) => canvas().querySelector(`[data-at="${CSS.escape(anchor)}"]`);

// What is built when it is first unfolded.
function fold(attributes, summary, build, open = false) {
  const element = h("details", attributes, h("summary", null, summary));
  element.unfold = () => {
    if (!element.unfolded) element.append(...[build()].flat());
    element.unfolded = true;
  };
  element.addEventListener("toggle", () => element.open && element.unfold());
  if (open) {
    element.unfold();
    element.open = true;
  }
  return element;
}

function drawMap() {
  within = new Map();
  broken = new Set(check.verdicts.filter((verdict) => verdict.verdict === "broken")
    .flatMap((verdict) => (verdict.at ? [verdict.at] : verdict.legs.flatMap((leg) => [leg.from, leg.to])))
    .filter((anchor) => anchor !== "internet"));
  const outside = check.verdicts.some((verdict) => verdict.legs.some((leg) => leg.from === "internet")) ||
    check.map.accounts.some((account) => account.regions.some((region) => region.networks.some((network) => network.gateways.length)));
  canvas().replaceChildren(
    h("svg", { class: "lines behind", "aria-hidden": "true" }),
    ...(outside ? [h("div", { class: "edges" }, h("div", { class: "edge", "data-at": "internet" }, "internet", h("span", { class: "says" })))] : []),
    h("div", { class: "groups" }, check.map.accounts.filter(hasFull).map(drawAccount)),
    ...check.map.accounts.filter((account) => !hasFull(account)).flatMap((account) => drawRest(account, account.regions)),
    h("svg", { class: "lines front", "aria-hidden": "true" }));
}

const isFull = (region) => region.networks.length > 0 || region.things.length > 0;
const hasFull = (account) => account.regions.some(isFull);

function drawRest(account, regions) {
  return regions.filter((region) => region.resources).map((region) =>
    drawFolded(region, `${region.name ?? account.name ?? "in no region"}: ${count(region.resources, "resource")}`));
}

// An account whose number is not told goes by the provider that leads there.
const called = (name) =>
  !name ? `${check.map.by} cannot be told` : check.map.by === "account" && !/^\d+$/.test(name) ? `account of provider ${name}` : `${check.map.by} ${name}`;

function drawAccount(account) {
  return h("section", { class: "group" },
    h("h3", null, called(account.name)),
    h("div", { class: "regions" }, account.regions.filter(isFull).map((region) => drawRegion(account, region))),
    drawRest(account, account.regions.filter((region) => !isFull(region))));
}

function drawRegion(account, region) {
  const key = `${account.name}/${region.name}`;
  const plain = region.networks.filter((network) => !network.described && !network.lanes.some((lane) => lane.things.length));
  const networks = region.networks.filter((network) => !plain.includes(network));
  const few = networks.length < MANY_CARDS;
  return h("article", { class: few ? "region" : "region crowded", "aria-label": region.name ?? "no region" },
    h("header", null, h("h4", null, region.name ?? "region cannot be told"), region.jurisdictions.map((name) => tag(name))),
    h("div", { class: "cards" },
      networks.map((network) => drawNetwork(network, few)),
      region.things.length > 0 && drawOutside(region, key)),
    plain.length > 0 && h("p", { class: "rest" }, `${count(plain.length, "network is", "networks are")} only named: what is in there is not known`),
    drawFolded(region, `and ${count(Object.values(region.folded).reduce((a, b) => a + b, 0), "more resource")}`));
}

function drawFolded(region, said) {
  const types = Object.entries(region.folded);
  if (!types.length) return null;
  return fold({ class: "rest" }, [turner("fold"), said], () =>
    h("ul", null, types.map(([type, number]) => h("li", null, h("b", null, number), ` ${words(type)}`))));
}

const turner = (name) => h("svg", { class: "icon turn", viewBox: "0 0 16 16", "aria-hidden": "true" }, h("use", { href: `#g-${name}` }));

function drawNetwork(network, open) {
  const inside = network.lanes.flatMap((lane) => lane.things);
  for (const id of inside) within.set(id, network.id);
  for (const gateway of network.gateways) within.set(gateway.id, network.id);
  const wrong = inside.some((id) => broken.has(id)) || broken.has(network.id);
  const summary = [
    turner("fold"),
    h("span", { class: "what" }, h("strong", null, network.name), " ", h("span", { class: "address" }, network.cidrs[0] ?? "")),
    h("span", { class: "tags" },
      wrong && glyph(VERDICTS.broken, "something is broken"),
      !open && inside.length > 0 && h("span", { class: "age" }, count(inside.length, "thing")),
      !network.described && tag("only named"),
      network.gateways.map((gateway) => h("span", { class: "tag gate", "data-at": gateway.id, title: gateway.id }, GATEWAYS[gateway.kind] ?? gateway.kind))),
  ];
  return fold({ class: `card network ${network.described ? "" : "named"}`, "data-at": network.id, title: null }, summary, () => drawLanes(network), open);
}

function drawLanes(network) {
  const empty = network.lanes.filter((lane) => !lane.things.length);
  const free = empty.map((lane) => (lane.subnets > 1 ? `${lane.subnets} ${lane.name} subnets` : lane.name));
  return [
    ...network.lanes.filter((lane) => lane.things.length).map((lane, n) => h("div", { class: "lane" },
      h("p", { class: "lane-name" },
        h("span", null, lane.subnets > 1 ? `${lane.subnets} ${lane.name ? `${lane.name} ` : ""}subnets` : lane.name || "subnet"),
        lane.public !== null && tag(lane.public ? "public" : "private", lane.public ? "outward" : ""),
        h("span", { class: "address" }, lane.subnets > 1 ? zones(lane.zones) : [lane.zones[0], lane.cidrs[0]].filter(Boolean).join(" · "))),
      drawThings(lane.things, `${network.id} ${n}`, network.id))),
    ...(free.length ? [h("p", { class: "rest" }, `nothing of note in ${shortened(free, 5)}`)] : []),
  ];
}

const zones = (names) => (names.length ? `${count(names.length, "zone")}` : "");
const shortened = (list, most) => (list.length > most ? `${list.slice(0, most).join(", ")} and ${list.length - most} more` : both(list));

function drawOutside(region, key) {
  const anchor = `outside ${key}`;
  for (const id of region.things) within.set(id, anchor);
  const said = region.networks.length ? "outside of networks" : null;
  return h("div", { class: "card outside", "data-at": anchor },
    said && h("p", { class: "lane-name" }, said), drawThings(region.things, anchor, anchor));
}

function drawThings(ids, key, around) {
  const types = Map.groupBy(ids, (id) => `${thing(id).kind} ${thing(id).type}`);
  const order = [...types.values()].toSorted((a, b) => rank(a[0]) - rank(b[0]));
  return h("ul", { class: "things" }, order.map((alike) =>
    alike.length < MANY_ALIKE ? alike.map((id) => h("li", null, drawThing(id))) : drawAlike(alike, key, around)));
}

const KEEPS = ["entrance", "gateway", "program", "store", "replica", "cache", "search", "files", "queue", "stream"];
const rank = (id) => (KEEPS.indexOf(thing(id).kind) + 1 || KEEPS.length + 1);

function drawAlike(ids, key, around) {
  const { kind, type } = thing(ids[0]);
  const anchor = `${key} ${kind} ${type}`;
  within.set(anchor, around);
  for (const id of ids) within.set(id, anchor);
  const wrong = ids.filter((id) => broken.has(id)).length;
  return h("li", { class: "alike" }, fold({ "data-at": anchor },
    [turner("fold"), icon(kind), h("span", { class: "name" }, `${ids.length} ${words(type || kind)}`), wrong > 0 && h("span", { class: "wrong" }, glyph(VERDICTS.broken), wrong), h("span", { class: "says" })],
    () => h("ul", { class: "things" }, ids.map((id) => h("li", null, drawThing(id))))));
}

function drawThing(id) {
  const { name, kind, type, system } = thing(id);
  const is = [words(type), system && !type.includes(system) ? system : ""].filter(Boolean).join(" · ");
  return h("button", { type: "button", class: `thing kind-${kind}`, "data-at": id, title: id },
    icon(kind), h("span", { class: "name" }, name), broken.has(id) && glyph(VERDICTS.broken, "broken"),
    h("span", { class: "says" }), h("span", { class: "is" }, is || kind));
}

// ── lines ───────────────────────────────────────────────────────────────────────────────

// Where an anchor can be seen: itself, or the innermost fold around it that can.
function spot(anchor) {
  for (let each = anchor; each; each = within.get(each)) {
    const element = at(each);
    if (element?.getClientRects().length) return element;
  }
  return null;
}

function reveal(anchors) {
  for (const anchor of anchors.slice(0, MOST_REVEALED)) {
    const around = [];
    for (let each = within.get(anchor); each; each = within.get(each)) around.unshift(each);
    for (const each of around) {
      const element = at(each);
      if (element?.unfold) {
        element.unfold();
        element.open = true;
      }
    }
  }
}

function box(element, origin) {
  const { left, right, top, bottom } = (element.matches("details") ? element.firstChild : element).getBoundingClientRect();
  return { left: left - origin.left, right: right - origin.left, top: top - origin.top, bottom: bottom - origin.top, y: (top + bottom) / 2 - origin.top };
}

// As wide as the card around it, and how high that is.
function edge(element, origin) {
  const { left, right, top, bottom } = (element.closest(".card") ?? element).getBoundingClientRect();
  return { ...box(element, origin), left: left - origin.left, right: right - origin.left, top: top - origin.top, bottom: bottom - origin.top };
}

function drawLines(chosen) {
  const [behind, front] = canvas().querySelectorAll(":scope > .lines");
  const origin = canvas().getBoundingClientRect();
  for (const lines of [behind, front]) lines.setAttribute("viewBox", `0 0 ${origin.width} ${origin.height}`);
  behind.replaceChildren(...standing(origin));
  drawLegend(behind);
  front.replaceChildren(...(chosen?.legs ?? []).flatMap((leg) => drawLeg(leg, chosen.tone, origin)));
}

// What joins two cards, whatever is chosen; inside a card it would only be noise.
function standing(origin) {
  const drawn = new Map();
  for (const line of check.map.lines) {
    if (line.kind === "use" || drawn.size >= MOST_LINES) continue;
    const [from, to] = [spot(line.from), spot(line.to)];
    if (!from || !to || from.closest(".card") === to.closest(".card")) continue;
    const key = [from.dataset.at, to.dataset.at, line.kind].join("\n");
    if (!drawn.has(key)) drawn.set(key, drawStanding(edge(from, origin), edge(to, origin), line.kind));
  }
  return drawn.values();
}

function drawStanding(a, b, kind) {
  const above = (b.top >= a.bottom || a.top >= b.bottom) && b.left < a.right && a.left < b.right;
  const [way, end] = above && Math.abs(a.left - b.left) > 20 ? across(a, b) : through(a, b);
  return h("g", { class: `flow ${kind}` }, h("path", { class: "line", d: way }), kind !== "joined" && h("path", { class: "tip", d: end }));
}

function through(a, b) {
  const [way, x, y, turn] = between(a, b);
  return [way, tip(x, y, turn)];
}

// Between a card and a wider one above or below it: by the margin at the left of the narrower.
function across(a, b) {
  const [narrow, broad] = a.right - a.left < b.right - b.left ? [a, b] : [b, a];
  const down = broad.top >= narrow.bottom ? 1 : -1;
  const rail = narrow.left - 12, end = down > 0 ? broad.top : broad.bottom;
  const side = `${rail} ${narrow.y + 8 * down}`;
  return narrow === a
    ? [`M${narrow.left} ${narrow.y}H${rail + 8}Q${rail} ${narrow.y} ${side}V${end - 6 * down}`, `M${rail - 4} ${end - 7 * down}L${rail} ${end}L${rail + 4} ${end - 7 * down}z`]
    : [`M${rail} ${end}V${narrow.y + 8 * down}Q${rail} ${narrow.y} ${rail + 8} ${narrow.y}H${narrow.left - 6}`, tip(narrow.left, narrow.y, 1)];
}

const tip = (x, y, turn) => `M${x - 7 * turn} ${y - 4}L${x} ${y}L${x - 7 * turn} ${y + 4}z`;

// The way from one box to another, where it ends, and whether it comes there from the left (1).
function between(a, b) {
  if (b.left >= a.right || a.left >= b.right) {
    const turn = b.left >= a.right ? 1 : -1;
    const [x1, x2] = turn > 0 ? [a.right, b.left] : [a.left, b.right];
    const middle = (x1 + x2) / 2;
    return [`M${x1} ${a.y}C${middle} ${a.y} ${middle} ${b.y} ${x2 - 6 * turn} ${b.y}`, x2, b.y, turn];
  }
  const rail = Math.min(a.left, b.left) - 12;
  const corner = Math.min(8, Math.abs(b.y - a.y) / 2) * Math.sign(b.y - a.y || 1);
  return [`M${a.left} ${a.y}H${rail + 8}Q${rail} ${a.y} ${rail} ${a.y + corner}V${b.y - corner}Q${rail} ${b.y} ${rail + 8} ${b.y}H${b.left - 6}`, b.left, b.y, 1];
}

function drawLeg({ from, to }, tone, origin) {
  const [source, target] = [spot(from), spot(to)];
  if (!source || !target || source === target) return [];
  const [a, b] = [box(source, origin), box(target, origin)];
  const [way, x, y, turn] = from === "internet" ? fromAbove(a, b, target, origin) : between(a, b);
  return [h("g", { class: `leg ${tone}` },
    h("path", { class: "halo", d: way }), h("path", { class: "line", d: way }), h("path", { class: "tip", d: tip(x, y, turn) }))];
}

// What comes by the legs is written where they end; of the internet, where they begin.
function label(legs) {
  for (const element of canvas().querySelectorAll(".says")) element.textContent = "";
  const said = Map.groupBy(legs.filter((leg) => leg.says), (leg) => spot(leg.from === "internet" ? leg.from : leg.to));
  for (const [element, arriving] of said) {
    const place = element?.querySelector("summary .says, :scope > .says");
    if (place) place.textContent = shortened([...new Set(arriving.map((leg) => leg.says))], 2);
  }
}

// From the internet, down the margin at the left of the card, and in from there.
function fromAbove(a, b, target, origin) {
  const card = target.closest(".card");
  const rail = (card ? card.getBoundingClientRect().left - origin.left : b.left) - 10;
  const from = (a.left + a.right) / 2;
  const turn = Math.min(8, (b.y - a.bottom) / 3);
  return [`M${from} ${a.bottom}C${from} ${a.bottom + 30} ${rail} ${a.bottom + 8} ${rail} ${a.bottom + 46}V${b.y - turn}Q${rail} ${b.y} ${rail + turn} ${b.y}H${b.left - 6}`, b.left, b.y, 1];
}

function drawLegend(lines) {
  const known = { joined: "networks joined", data: "copies of data", forward: "forwards requests" };
  $("legend").replaceChildren(...Object.entries(known).filter(([kind]) => lines.querySelector(`.${kind}`)).map(([kind, said]) =>
    h("li", { class: `flow ${kind}` }, h("svg", { class: "key", viewBox: "0 0 28 8", "aria-hidden": "true" },
      h("path", { class: "line", d: "M0 4h22" }), kind !== "joined" && h("path", { class: "tip", d: "M20 .5l7 3.5-7 3.5z" })), said)));
}
