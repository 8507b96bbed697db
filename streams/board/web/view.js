// The parts of the overview: from documents of the API to elements.

import { sparkline } from "./charts.js";
import { h } from "./dom.js";
import {
  ARROWS,
  PERIODS,
  absence,
  alarmName,
  alarmSentence,
  answers,
  bandWords,
  boundsWords,
  changeDetail,
  changeSentence,
  changeWords,
  figuresOf,
  isCalling,
  isShown,
  oneDecimal,
  plural,
  side,
  withheldWords,
} from "./figures.js";

// Where a value between -100 and 100 stands on a bar.
const at = (value) => `${(value + 100) / 2}%`;

// The interval as a bar between -100 and 100, the score as a mark on it. What it shows is said in words beside it.
export function rangeBar(figures) {
  if (!isShown(figures)) return h("span", { class: "range", "aria-hidden": "true" });
  return h(
    "span",
    { class: `range ${side(figures)}`, "aria-hidden": "true" },
    h("span", { class: "likely", "--low": at(figures.low), "--high": at(figures.high) }),
    h("span", { class: "score-mark", "--at": at(figures.nps) }),
  );
}

export function bandStrip(figures) {
  if (!isShown(figures)) return h("span", { class: "bands", "aria-hidden": "true" });
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
export function numeral(figures) {
  if (isShown(figures)) return [h("span", { class: "numeral" }, oneDecimal(figures.nps))];
  const title = withheldWords(figures) || null;
  return [h("span", { class: "numeral" }, "—"), h("span", { class: "why", title }, absence(figures))];
}

export function answersWords(figures) {
  if (!figures.n) return "";
  return figures.low_confidence && isShown(figures) ? `${answers(figures.n)}, few` : answers(figures.n);
}

// A change with its arrow; in words only what `words` says of it.
export function changeMark(earlier, window, words) {
  const direction = earlier?.direction ?? "unknown";
  const title = [changeSentence(earlier, window), changeDetail(earlier, window)].filter(Boolean).join(": ");
  const arrow = words && ARROWS[direction];
  return h(
    "span",
    { class: `change ${direction}`, title: words ? title : null },
    arrow ? h("span", { class: "arrow", "aria-hidden": "true" }, arrow) : null,
    words,
  );
}

// The open alarms of a brand or a store, each a mark with its evidence.
export function alarmMarks(alarms) {
  return alarms.map((alarm) =>
    h("span", { class: isCalling(alarm) ? "alarm" : "alarm good", title: alarmSentence(alarm) }, alarmName(alarm)),
  );
}

export function brandCard(brand, window, isChosen) {
  const figures = figuresOf(brand, window);
  const earlier = figures.previous;
  const told = earlier ? changeSentence(earlier, window) : window === "all" ? PERIODS.all.long : "";
  const head = h(
    "span",
    { class: "card-head" },
    h("span", { class: "name", dir: "auto" }, brand.brand),
    h("span", { class: "fine" }, plural(brand.stores, "store", "stores")),
  );
  const score = h("span", { class: "card-score" }, numeral(figures), sparkline(brand.weeks));
  const foot = h(
    "span",
    { class: "card-foot fine" },
    h("span", { class: "bounds" }, boundsWords(figures)),
    h("span", {}, answersWords(figures)),
  );
  const spoken = h("span", { class: "unseen" }, isShown(figures) ? bandWords(figures) : "");
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
      changeMark(earlier, window, told),
      rangeBar(figures),
      foot,
      brand.alarms.length ? h("span", { class: "alarms" }, alarmMarks(brand.alarms)) : null,
      bandStrip(figures),
      spoken,
    ),
  );
}

export function storeRow(store, window) {
  const figures = figuresOf(store, window);
  const marks = alarmMarks(store.alarms);
  return h(
    "li",
    {},
    h(
      "a",
      { class: `row ${figures.confidence}`, href: storePath(store.brand, store.store, window) },
      h("span", { class: "name" }, h("span", { dir: "auto" }, store.store), marks),
      changeMark(figures.previous, window, changeWords(figures.previous)),
      sparkline(store.weeks),
      rangeBar(figures),
      h("span", { class: "fine bounds" }, boundsWords(figures)),
      h("span", { class: "row-score" }, numeral(figures)),
      h("span", { class: "fine n" }, answersWords(figures)),
    ),
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
