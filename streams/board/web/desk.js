// The desk: open cases by time left.

import { h } from "./dom.js";
import { count, languageTag, plural } from "./figures.js";
import { group, owner, reason, shareUsed, status, timeLeft } from "./words.js";

export function casePath(caseId) {
  return `#/case/${encodeURIComponent(caseId)}`;
}

// Where the desk is shown with these filters.
export function deskPath(filters) {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
  return query.size ? `#/desk?${query}` : "#/desk";
}

// What stands above the list.
export function deskHead({ total, overdue }) {
  if (total === 0) return [h("p", { class: "desk-count" }, "Nothing to do.")];
  return [
    h(
      "p",
      { class: "desk-count" },
      h("strong", {}, plural(total, "open case", "open cases")),
      overdue ? h("span", { class: "due over" }, `${count(overdue)} overdue`) : null,
    ),
  ];
}

// The cases with a heading before each group: items for `keep`.
export function deskItems(cases, now) {
  const items = [];
  let last = null;
  for (const item of cases) {
    const name = group(item, now);
    if (name !== last) items.push({ key: `group ${name}`, make: () => h("li", { class: "group" }, h("h3", {}, name)) });
    last = name;
    items.push({ key: item.case_id, make: () => caseRow(item, now) });
  }
  return items;
}

function caseRow(item, now) {
  const left = timeLeft(item, now);
  const where = h(
    "span",
    { class: "where" },
    h("span", { class: "case-store", dir: "auto" }, item.store),
    h("span", { class: "fine", dir: "auto" }, item.brand),
  );
  return h(
    "li",
    {},
    h(
      "a",
      { class: `case-row ${item.severity} ${left.urgency}`, href: casePath(item.case_id) },
      scoreBox(item),
      h("span", { class: "case-body" }, where, firstWords(item), caseFacts(item)),
      h("span", { class: "case-left" }, h("span", { class: `left ${left.urgency}` }, left.text), meter(item, now)),
    ),
  );
}

// The score, and how pressing it is.
export function scoreBox({ score, severity }) {
  return h(
    "span",
    { class: "answer" },
    h("span", { class: "digit" }, String(score)),
    h("span", { class: "unseen" }, " of 10, "),
    h("span", { class: "severity" }, severity),
  );
}

// How much of the time is used up; said in words beside it.
export function meter(item, now) {
  if (!item.waits) return null;
  return h("span", { class: "meter", "aria-hidden": "true" }, h("span", { "--used": `${shareUsed(item, now) * 100}%` }));
}

function firstWords(item) {
  if (item.forgotten) return h("span", { class: "fine" }, "What was said is erased.");
  if (item.comment) {
    return h("span", { class: "first-words", lang: languageTag(item.language), dir: "auto" }, item.comment);
  }
  if (item.reason_missing) return h("span", { class: "ask" }, "No reason given: ask why");
  return item.withheld ? h("span", { class: "fine" }, "Comment shown with the board’s token.") : null;
}

// What there is to know of a case in a line.
export function caseFacts(item) {
  return h(
    "span",
    { class: "facts fine" },
    h("span", { class: `status ${item.status}` }, status(item.status)),
    h("span", { dir: "auto" }, owner(item.owner)),
    item.held ? h("span", { class: "tag quiet", title: "The store had its share of interruptions this hour" }, "held") : null,
    item.alert_count > 1 ? h("span", { class: "tag" }, plural(item.alert_count, "alert", "alerts")) : null,
    item.reasons.filter((name) => name !== "score" && name !== "no_reason").map((name) => h("span", { class: "tag" }, reason(name))),
    item.contactable ? null : h("span", {}, "cannot be contacted"),
  );
}

// What a list to choose from holds; `all` stands for no filter.
export function options(all, values, chosen, wordsOf) {
  const offered = chosen && !values.includes(chosen) ? [...values, chosen] : values;
  return [h("option", { value: "" }, all), ...offered.map((value) => h("option", { value }, wordsOf(value)))];
}
