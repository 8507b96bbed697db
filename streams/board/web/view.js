// The parts of the page: from documents of the API to elements.

import { h } from "./dom.js";
import {
  ARROWS, PERIODS, WINDOWS, ago, count, due, figuresOf, languageTag, oneDecimal, plural, safeLink, side, trendSentence,
  trendWords,
} from "./figures.js";

const at = (value) => `${((value + 100) / 200) * 100}%`;

// The interval as a bar between -100 and 100, the score as a dot. What it shows is said in words beside it.
function rangeBar(figures) {
  if (figures.nps === null || figures.confidence === "too_few") return h("span", { class: "range bare", "aria-hidden": "true" });
  return h(
    "span",
    { class: `range ${side(figures)}`, "aria-hidden": "true" },
    h("span", { class: "likely", "--low": at(figures.low), "--high": at(figures.high) }),
    h("span", { class: "score-mark", "--at": at(figures.nps) }),
  );
}

function bounds(figures) {
  return `${oneDecimal(figures.low)} to ${oneDecimal(figures.high)}`;
}

function bands(figures) {
  const share = (part) => String(part / Math.max(1, figures.n));
  return h(
    "span",
    { class: "bands", "aria-hidden": "true" },
    h("span", { class: "promoters", "--share": share(figures.promoters) }),
    h("span", { class: "passives", "--share": share(figures.passives) }),
    h("span", { class: "detractors", "--share": share(figures.detractors) }),
  );
}

function bandWords(figures) {
  return `${plural(figures.promoters, "promoter", "promoters")}, ${plural(figures.passives, "passive", "passives")}, ${plural(figures.detractors, "detractor", "detractors")}`;
}

function numeral(figures) {
  if (figures.confidence === "none") return [h("span", { class: "numeral" }, "—"), h("span", { class: "why" }, "no answers")];
  if (figures.confidence === "too_few") return [h("span", { class: "numeral none" }, "—"), h("span", { class: "why" }, "too few answers")];
  return [h("span", { class: "numeral" }, oneDecimal(figures.nps))];
}

function answers(figures) {
  return plural(figures.n, "answer", "answers");
}

export function brandCard(brand, window, current) {
  const figures = figuresOf(brand, window);
  const direction = figures.trend?.direction ?? "unknown";
  return h(
    "li",
    {},
    h(
      "a",
      { class: `card ${figures.confidence}`, href: brandPath(brand.brand, window), "aria-current": current ? "true" : null },
      h("span", { class: "card-head" }, h("span", { class: "name", dir: "auto" }, brand.brand), h("span", { class: "fine" }, plural(brand.stores, "store", "stores"))),
      h("span", { class: "card-score" }, ...numeral(figures), trendMark(figures, window, direction)),
      rangeBar(figures),
      h("span", { class: "card-foot fine" }, shown(figures) ? h("span", {}, bounds(figures)) : null, h("span", {}, answers(figures))),
      bands(figures),
      h("span", { class: "unseen" }, bandWords(figures)),
    ),
  );
}

function shown(figures) {
  return figures.confidence === "good" || figures.confidence === "low";
}

function trendMark(figures, window, direction) {
  const words = shown(figures) ? trendWords(figures.trend, window) : "";
  return h(
    "span",
    { class: `trend ${direction}`, title: shown(figures) ? trendSentence(figures, window) || null : null },
    ARROWS[direction] ? h("span", { class: "arrow", "aria-hidden": "true" }, ARROWS[direction]) : null,
    h("span", {}, words),
  );
}

export function storeRow(store, window) {
  const figures = figuresOf(store, window);
  const direction = figures.trend?.direction ?? "unknown";
  const moved = shown(figures) && (direction === "up" || direction === "down");
  return h(
    "li",
    {},
    h(
      "a",
      { class: `row ${figures.confidence}`, href: storePath(store.brand, store.store, window) },
      h("span", { class: "name", dir: "auto" }, store.store),
      h(
        "span",
        { class: `trend ${direction}`, title: shown(figures) ? trendSentence(figures, window) || null : null },
        moved ? h("span", { class: "arrow", "aria-hidden": "true" }, ARROWS[direction]) : null,
        moved ? `${direction} ${oneDecimal(Math.abs(figures.trend.change))}` : shown(figures) && direction === "steady" ? "steady" : "",
      ),
      rangeBar(figures),
      h("span", { class: "fine likely-words" }, shown(figures) ? bounds(figures) : ""),
      h("span", { class: "row-score" }, ...numeral(figures)),
      h("span", { class: "fine n" }, answers(figures)),
    ),
  );
}

export function storeView(store, window) {
  const figures = figuresOf(store, window);
  return [
    h("p", { class: "back" }, h("a", { href: brandPath(store.brand, window) }, h("span", { "aria-hidden": "true" }, "← "), h("span", { dir: "auto" }, store.brand))),
    h("h2", { id: "store-title", dir: "auto", tabindex: "-1" }, store.store),
    h(
      "div",
      { class: `hero ${figures.confidence}` },
      h("p", { class: "hero-score" }, ...numeral(figures)),
      h(
        "div",
        { class: "hero-words" },
        shown(figures) ? h("p", {}, `Between ${oneDecimal(figures.low)} and ${oneDecimal(figures.high)}, by ${answers(figures)} in the ${PERIODS[window].long}.`) : h("p", {}, `${answers(figures)} in the ${PERIODS[window].long}.`),
        h("p", { class: "fine" }, shown(figures) ? trendSentence(figures, window) : "Under 5 answers a score is not shown."),
      ),
      figures.n ? h("p", { class: "hero-bands fine" }, bands(figures), bandWords(figures)) : null,
    ),
    h(
      "ul",
      { class: "periods" },
      WINDOWS.map((name) => periodRow(figuresOf(store, name), name, name === window)),
    ),
    h("p", { class: "fine" }, `Computed ${new Date(store.as_of).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}.`),
  ];
}

function periodRow(figures, name, current) {
  return h(
    "li",
    { class: `period ${figures.confidence}`, "aria-current": current ? "true" : null },
    h("span", { class: "period-name" }, PERIODS[name].short),
    rangeBar(figures),
    h("span", { class: "row-score" }, ...numeral(figures)),
    h("span", { class: "fine words" }, figures.n ? bandWords(figures) : ""),
    h("span", { class: "fine n" }, answers(figures)),
  );
}

export function alertItem(alert, now, window) {
  const left = due(alert.due_at, now);
  const language = languageTag(alert.language);
  const link = safeLink(alert.link);
  return h(
    "li",
    { class: `alert ${alert.severity}` },
    h("span", { class: "answer" }, h("span", { class: "digit" }, String(alert.score)), h("span", { class: "unseen" }, " of 10, "), h("span", { class: "severity" }, alert.severity)),
    h(
      "div",
      { class: "alert-body" },
      h("p", { class: "where" }, h("a", { href: storePath(alert.brand, alert.store, window), dir: "auto" }, alert.store), h("span", { class: "fine", dir: "auto" }, alert.brand)),
      alert.comment
        ? h("blockquote", { lang: language, dir: "auto" }, alert.comment)
        : h("p", { class: "ask" }, "No reason given: ask why"),
      h(
        "p",
        { class: "facts fine" },
        h("span", { class: `due ${left.urgency}` }, left.text),
        h("span", {}, `answered ${ago(alert.submitted_at, now)}`),
        alert.late ? h("span", { class: "tag late" }, "arrived late") : null,
        h("span", { class: alert.contactable ? "may" : "may-not" }, alert.contactable ? "may be called" : "no consent to be called"),
        link ? h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, "Open customer") : null,
      ),
    ),
  );
}

// One of several buttons of which one is pressed; `meaning` says in full what a short label stands for.
export function segment(label, pressed, choose, meaning = null) {
  const name = meaning && `${label}, ${meaning}`;
  const button = h("button", { type: "button", "aria-pressed": pressed ? "true" : "false", title: meaning, "aria-label": name }, label);
  button.addEventListener("click", choose);
  return button;
}

const query = (window) => (window === "30d" ? "" : `?window=${window}`);

export function brandPath(brand, window) {
  return `#/brand/${encodeURIComponent(brand)}${query(window)}`;
}

export function storePath(brand, store, window) {
  return `#/store/${encodeURIComponent(brand)}/${encodeURIComponent(store)}${query(window)}`;
}
