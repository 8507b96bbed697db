// The parts of the page: from documents of the API to elements.

import { h } from "./dom.js";
import {
  ARROWS,
  PERIODS,
  WINDOWS,
  ago,
  bandWords,
  consent,
  due,
  figuresOf,
  languageTag,
  moment,
  oneDecimal,
  plural,
  safeLink,
  side,
  trendSentence,
  trendWords,
  within,
} from "./figures.js";

// Where a value between -100 and 100 stands on a bar.
const at = (value) => `${(value + 100) / 2}%`;

function isShown({ confidence }) {
  return confidence === "good" || confidence === "low";
}

// The interval as a bar between -100 and 100, the score as a mark on it. What it shows is said in words beside it.
function rangeBar(figures) {
  if (!isShown(figures)) return h("span", { class: "range", "aria-hidden": "true" });
  return h(
    "span",
    { class: `range ${side(figures)}`, "aria-hidden": "true" },
    h("span", { class: "likely", "--low": at(figures.low), "--high": at(figures.high) }),
    h("span", { class: "score-mark", "--at": at(figures.nps) }),
  );
}

function boundsWords(figures) {
  return isShown(figures) ? `${oneDecimal(figures.low)} to ${oneDecimal(figures.high)}` : "";
}

function bandStrip(figures) {
  const share = (part) => String(part / Math.max(1, figures.n));
  return h(
    "span",
    { class: "bands", "aria-hidden": "true" },
    h("span", { class: "promoters", "--share": share(figures.promoters) }),
    h("span", { class: "passives", "--share": share(figures.passives) }),
    h("span", { class: "detractors", "--share": share(figures.detractors) }),
  );
}

// The score, a dash and why where there is none to show.
function numeral(figures) {
  if (isShown(figures)) return [h("span", { class: "numeral" }, oneDecimal(figures.nps))];
  const why = figures.n ? "too few answers" : "no answers";
  return [h("span", { class: "numeral" }, "—"), h("span", { class: "why" }, why)];
}

function answers(figures) {
  return figures.n ? plural(figures.n, "answer", "answers") : "";
}

function trendMark(figures, window, ...words) {
  const direction = figures.trend?.direction ?? "unknown";
  const title = isShown(figures) ? trendSentence(figures, window) || null : null;
  const arrow = isShown(figures) && ARROWS[direction];
  return h(
    "span",
    { class: `trend ${direction}`, title },
    arrow ? h("span", { class: "arrow", "aria-hidden": "true" }, arrow) : null,
    words,
  );
}

export function brandCard(brand, window, isChosen) {
  const figures = figuresOf(brand, window);
  const { moved, against } = isShown(figures) ? trendWords(figures.trend, window) : { moved: "", against: "" };
  const head = h(
    "span",
    { class: "card-head" },
    h("span", { class: "name", dir: "auto" }, brand.brand),
    h("span", { class: "fine" }, plural(brand.stores, "store", "stores")),
  );
  const score = h(
    "span",
    { class: "card-score" },
    numeral(figures),
    trendMark(figures, window, moved, h("span", { class: "against" }, `${moved && " "}${against}`)),
  );
  const foot = h(
    "span",
    { class: "card-foot fine" },
    h("span", { class: "bounds" }, boundsWords(figures)),
    h("span", {}, answers(figures)),
  );
  const spoken = h("span", { class: "unseen" }, figures.n ? bandWords(figures) : "");
  return h(
    "li",
    {},
    h(
      "a",
      {
        class: `card ${figures.confidence}`,
        href: brandPath(brand.brand, window),
        "aria-current": isChosen ? "true" : null,
      },
      head,
      score,
      rangeBar(figures),
      foot,
      bandStrip(figures),
      spoken,
    ),
  );
}

export function storeRow(store, window) {
  const figures = figuresOf(store, window);
  const { moved } = isShown(figures) ? trendWords(figures.trend, window) : { moved: "" };
  return h(
    "li",
    {},
    h(
      "a",
      { class: `row ${figures.confidence}`, href: storePath(store.brand, store.store, window) },
      h("span", { class: "name", dir: "auto" }, store.store),
      trendMark(figures, window, moved),
      rangeBar(figures),
      h("span", { class: "fine bounds" }, boundsWords(figures)),
      h("span", { class: "row-score" }, numeral(figures)),
      h("span", { class: "fine n" }, answers(figures)),
    ),
  );
}

export function storeView(store, window) {
  const figures = figuresOf(store, window);
  const back = h(
    "a",
    { href: brandPath(store.brand, window) },
    h("span", { "aria-hidden": "true" }, "← "),
    h("span", { dir: "auto" }, store.brand),
  );
  return [
    h("p", { class: "back" }, back),
    h("h2", { id: "store-title", dir: "auto", tabindex: "-1" }, store.store),
    hero(figures, window),
    h("ul", { class: "periods" }, WINDOWS.map((name) => period(figuresOf(store, name), name, name === window))),
    h("p", { class: "fine" }, `Computed ${moment(store.as_of)}.`),
  ];
}

function hero(figures, window) {
  const by = `${plural(figures.n, "answer", "answers")} ${within(window)}.`;
  const words = isShown(figures)
    ? [`Between ${oneDecimal(figures.low)} and ${oneDecimal(figures.high)}, by ${by}`, trendSentence(figures, window)]
    : [by, figures.n ? "Under 5 answers a score is not shown." : ""];
  return h(
    "div",
    { class: `hero ${figures.confidence}` },
    h("p", { class: "hero-score" }, numeral(figures)),
    h("div", { class: "hero-words" }, h("p", {}, words[0]), h("p", { class: "fine" }, words[1])),
    figures.n ? h("p", { class: "hero-bands fine" }, bandStrip(figures), bandWords(figures)) : null,
  );
}

function period(figures, name, isChosen) {
  return h(
    "li",
    { class: `period ${figures.confidence}`, "aria-current": isChosen ? "true" : null },
    h("span", { class: "period-name" }, PERIODS[name].short),
    rangeBar(figures),
    h("span", { class: "row-score" }, numeral(figures)),
    h("span", { class: "fine words" }, figures.n ? bandWords(figures) : ""),
    h("span", { class: "fine n" }, answers(figures)),
  );
}

export function alertItem(alert, now, window) {
  const answer = h(
    "span",
    { class: "answer" },
    h("span", { class: "digit" }, String(alert.score)),
    h("span", { class: "unseen" }, " of 10, "),
    h("span", { class: "severity" }, alert.severity),
  );
  const where = h(
    "p",
    { class: "where" },
    h("a", { href: storePath(alert.brand, alert.store, window), dir: "auto" }, alert.store),
    h("span", { class: "fine", dir: "auto" }, alert.brand),
  );
  const said = alert.comment
    ? h("blockquote", { lang: languageTag(alert.language), dir: "auto" }, alert.comment)
    : h("p", { class: "ask" }, "No reason given: ask why");
  return h(
    "li",
    { class: `alert ${alert.severity}` },
    answer,
    h("div", { class: "alert-body" }, where, said, alertFacts(alert, now)),
  );
}

function alertFacts(alert, now) {
  const left = due(alert.due_at, now);
  const link = safeLink(alert.link);
  const asked = alert.reasons.includes("contact_requested");
  return h(
    "p",
    { class: "facts fine" },
    h("span", { class: `due ${left.urgency}` }, left.text),
    h("span", {}, `answered ${ago(alert.submitted_at, now)}`),
    alert.late ? h("span", { class: "tag" }, "arrived late") : null,
    asked ? h("span", { class: "tag" }, "asked to be contacted") : null,
    h("span", {}, consent(alert)),
    link ? h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, "Open customer") : null,
  );
}

// One of several buttons of which one is pressed; `meaning` says in full what a short label stands for.
export function segment(label, isPressed, choose, meaning = null) {
  const name = meaning && `${label}, ${meaning}`;
  const pressed = { "aria-pressed": isPressed ? "true" : "false" };
  const button = h("button", { type: "button", title: meaning, "aria-label": name, ...pressed }, label);
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
