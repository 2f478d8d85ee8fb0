"use strict";

// The calendar of what can be restored: a cell for each day, in the reader's own time, and in it the day from left to
// right. A green stretch can be restored to any moment, a red one is a hole, a line across is a backup.

const DAYS_SHOWN = 35;
const DAY_WIDTH = 96; // of a cell's drawing: a quarter of an hour is one unit
const WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const midnight = (at) => new Date(new Date(at * 1000).setHours(0, 0, 0, 0));
const nextDay = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1);
const ofDay = (day) => [day.getTime() / 1000, nextDay(day).getTime() / 1000];
const dayName = (day) => day.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "long" });
const time = (at) => new Date(at * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
const moment = (at) => (midnight(at) < midnight(now()) ? `${dayName(midnight(at))}, ${time(at)}` : time(at));

// What nobody could find out is null; a hole without an end lasts until the next backup.
const windowsOf = (store) => store.windows ?? [];
const holesOf = (store) => store.holes ?? [];

// What of a span lies within a day, null when nothing does.
function within({ from, to }, [begins, ends]) {
  const [first, last] = [Math.max(from, begins), Math.min(to ?? now(), ends)];
  return first < last ? { from: first, to: last } : null;
}

// Whole weeks from Monday on, up to today; as many as there are restore points, and not more than five.
function daysOf(store, today) {
  const oldest = Math.min(today.getTime() / 1000, ...store.points.map((point) => point.stopped_at));
  const first = midnight(Math.max(oldest, today.getTime() / 1000 - (DAYS_SHOWN - 1) * 86_400));
  const days = [];
  let day = new Date(first.getFullYear(), first.getMonth(), first.getDate() - ((first.getDay() + 6) % 7));
  for (; day <= today; day = nextDay(day)) days.push(day);
  return days;
}

function drawDay(store, day) {
  const [begins, ends] = ofDay(day);
  const inDay = (spans) => spans.map((span) => within(span, [begins, ends])).filter(Boolean);
  const windows = inDay(windowsOf(store)), holes = inDay(holesOf(store));
  const points = store.points.filter((point) => begins <= point.stopped_at && point.stopped_at < ends);
  const x = (at) => (((at - begins) / (ends - begins)) * DAY_WIDTH).toFixed(1);
  const stretch = (kind) => ({ from, to }) => h("path", { class: kind, d: `M${x(from)} 3H${x(to)}V11H${x(from)}Z` });
  return h("li", { "data-key": String(begins), class: holes.length ? "holed" : windows.length || points.length ? "kept" : "none" },
    h("time", { datetime: day.toLocaleDateString("sv-SE") }, String(day.getDate())),
    h("svg", { viewBox: `0 0 ${DAY_WIDTH} 14`, preserveAspectRatio: "none", "aria-hidden": "true" },
      h("path", { class: "rail", d: `M0 7H${DAY_WIDTH}` }),
      windows.map(stretch("window")), holes.map(stretch("hole")),
      points.map((point) => h("path", { class: "point", d: `M${x(point.stopped_at)} 0V14` }))),
    unseen(daySentence(day, windows, holes, points)));
}

function daySentence(day, windows, holes, points) {
  const said = (spans) => both(spans.map(({ from, to }) => `${time(from)} to ${time(to)}`));
  const parts = [
    windows.length > 0 && `any moment from ${said(windows)}`,
    holes.length > 0 && `a hole from ${said(holes)}`,
    points.length > 0 && count(points.length, "backup"),
  ].filter(Boolean);
  return `${dayName(day)}: ${parts.length ? parts.join(", ") : "nothing can be restored"}`;
}

function drawStore(store) {
  const days = daysOf(store, midnight(now()));
  return h("article", { class: "kept-store", "data-key": store.replica_set },
    h("h3", null, store.replica_set.split("/").slice(1).join("/"), " ", h("small", null, `in ${store.region}`)),
    store.why_not && h("p", { class: "why-not" }, glyph(["cross", "bad"]), store.why_not),
    store.unlocked && h("p", null, glyph(["warn", "warn"]), h("span", null, store.unlocked)),
    h("p", { class: "newest" }, newestSentence(store)),
    h("p", { class: "newest" }, restoredSentence(store.restored)),
    store.points.length > 0 && h("p", { class: "week", "aria-hidden": "true" }, WEEK.map((name) => h("span", null, name))),
    store.points.length > 0 && h("ol", { class: "calendar", "aria-label": `What can be restored of ${store.replica_set}` },
      days.map((day) => drawDay(store, day))));
}

function newestSentence(store) {
  const newest = store.points.at(-1), reaches = store.newest_restorable, holes = holesOf(store);
  if (!newest) return [glyph(["ask", "idle"]), h("span", null, "no backup yet")];
  const up = present(reaches) ? `any moment up to ${moment(reaches)}` : `the backup of ${age(newest.stopped_at)}`;
  const all = `${count(store.points.length, "backup")}, the last ${age(newest.stopped_at)}`;
  return [glyph(holes.length ? ["warn", "warn"] : ["ok", "good"]),
    h("span", null, `${up}; ${all}`, holes.length > 0 && `; ${count(holes.length, "hole")}`)];
}

function restoredSentence(evidence) {
  if (!evidence) return [glyph(["ask", "idle"]), h("span", null, "never restored and asked")];
  const seconds = evidence.figures.restore_s;
  if (!present(seconds)) return [glyph(["cross", "bad"]), h("span", null, `could not be restored ${age(evidence.at)}`)];
  return [glyph(["ok", "good"]), h("span", null, `restored and asked ${age(evidence.at)}, in ${duration(seconds)}`)];
}

const drawKey = () => h("ul", { class: "legend", "aria-label": "Legend of the calendar" },
  [["window", "M0 1H28V7H0Z", "any moment can be restored"], ["hole", "M0 1H28V7H0Z", "hole"], ["point", "M14 0V8", "backup"]]
    .map(([kind, d, words]) => h("li", null, h("svg", { class: "key", viewBox: "0 0 28 8", "aria-hidden": "true" }, h("path", { class: kind, d })), words)));

function drawBackups() {
  const stores = snapshot.backups.filter((store) => store.replica_set.startsWith(`${environment}/`));
  show("backups", stores.map(drawStore), stores.some((store) => store.points.length) && drawKey(),
    !stores.length && h("p", { class: "empty" }, `Nothing of ${environment} is declared to be backed up.`));
}
