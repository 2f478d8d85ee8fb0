"use strict";

// What every page of the console is drawn with: elements, words, shapes, the reader's theme.
// Text of a document enters a page as text nodes and attributes only, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "use", "path", "text", "g", "circle"]);
const $ = (id) => document.getElementById(id);

function h(tag, attributes, ...children) {
  const element = DRAWN.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {}))
    if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : String(value));
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const present = (value) => value !== null && value !== undefined;
const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
const both = (list) => (list.length < 2 ? list.join("") : `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`);

// verdict → [shape, tone] and word; a shape never stands for two different tones
const VERDICTS = { holds: ["ok", "good"], broken: ["cross", "bad"], accepted: ["todo", "idle"] };
const VERDICT_WORDS = { holds: "holds", broken: "broken" };

function glyph([shape, tone] = ["ask", "idle"], label = null) {
  const words = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return h("svg", { class: `glyph ${tone} shape-${shape}`, viewBox: "0 0 16 16", ...words },
    h("use", { href: `#g-${shape}` }));
}

const tag = (text, kind = "") => h("span", { class: `tag ${kind}` }, text);
const unseen = (text) => h("span", { class: "unseen" }, text);

// ── the reader's choices ────────────────────────────────────────────────────────────────

function recall(name) {
  try { return localStorage.getItem(`caisson.${name}`); } catch { return null; } // storage may be forbidden
}

function remember(name, value) {
  try { localStorage.setItem(`caisson.${name}`, value); } catch { /* forgotten at the next visit */ }
}

const THEMES = ["auto", "light", "dark"];

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  $("theme").replaceChildren({ auto: "◐", light: "☀", dark: "☾" }[theme], unseen(`Theme: ${theme}. Change`));
  $("theme").title = `Theme: ${theme}`;
}

$("theme").addEventListener("click", () => {
  const theme = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
  remember("theme", theme);
  setTheme(theme);
});

setTheme(THEMES.includes(recall("theme")) ? recall("theme") : "auto");
