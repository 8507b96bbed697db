// A store's own view.

import { h } from "./dom.js";
import {
  PERIODS,
  WINDOWS,
  alarmName,
  alarmSentence,
  answers,
  bandWords,
  boundsWords,
  changeDetail,
  changeSentence,
  figuresOf,
  isCalling,
  isShown,
  moment,
  withheldWords,
  within,
} from "./figures.js";
import { answersWords, brandPath, changeMark, numeral, rangeBar } from "./view.js";

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
    h("div", { class: "banners" }, store.alarms.map(banner)),
    hero(figures, window),
  ];
}

// All periods side by side.
export function periodsView(store, window) {
  const list = WINDOWS.map((name) => period(figuresOf(store, name), name, name === window));
  return [h("ul", { class: "periods" }, list), h("p", { class: "fine" }, `Computed ${moment(store.as_of)}.`)];
}

function banner(alarm) {
  return h(
    "p",
    { class: isCalling(alarm) ? "banner" : "banner good" },
    h("strong", {}, alarmName(alarm)),
    ` since ${moment(alarm.since)}. `,
    h("span", {}, alarmSentence(alarm)),
  );
}

function hero(figures, window) {
  return h(
    "div",
    { class: `hero ${figures.confidence}` },
    h("p", { class: "hero-score" }, numeral(figures)),
    h("div", { class: "hero-words" }, likely(figures, window), changes(figures, window)),
  );
}

// How sure the score is: a bar with its ends, and by how many answers.
function likely(figures, window) {
  const by = `${answers(figures.n)} ${within(window)}`;
  if (!isShown(figures)) return h("p", {}, `${by}. `, h("span", { class: "fine" }, withheldWords(figures)));
  return h(
    "div",
    { class: "hero-range" },
    rangeBar(figures),
    h("p", { class: "ends fine", "aria-hidden": "true" }, h("span", {}, "−100"), h("span", {}, "0"), h("span", {}, "100")),
    h("p", {}, `Most likely between ${boundsWords(figures).replace(" to ", " and ")}, by ${by}.`, fewTag(figures)),
  );
}

function fewTag(figures) {
  return figures.low_confidence ? [" ", h("span", { class: "tag" }, "few answers")] : null;
}

function changes(figures, window) {
  const lines = [figures.previous, figures.year_ago].filter(Boolean).map((earlier) =>
    h(
      "li",
      {},
      changeMark(earlier, window, changeSentence(earlier, window)),
      h("span", { class: "fine" }, changeDetail(earlier, window)),
    ),
  );
  return h("ul", { class: "changes" }, lines);
}

function period(figures, name, isChosen) {
  return h(
    "li",
    { class: `period ${figures.confidence}`, "aria-current": isChosen ? "true" : null },
    h("span", { class: "period-name" }, PERIODS[name].short),
    rangeBar(figures),
    h("span", { class: "row-score" }, numeral(figures)),
    h("span", { class: "fine words" }, isShown(figures) ? bandWords(figures) : ""),
    h("span", { class: "fine n" }, answersWords(figures)),
  );
}
