// One line for each alert, whatever happened to it.

import { casePath } from "./desk.js";
import { h } from "./dom.js";
import { ago, consent, due, languageTag, retraction, safeLink } from "./figures.js";
import { storePath } from "./view.js";
import { status } from "./words.js";

// How long an alert that was retracted stays among the others.
const RETRACTED_SHOWN_MS = 3600000;

export function isRetracted(alert) {
  return alert.kind === "retracted";
}

// Whether an alert still has a place in the list.
export function isListed(alert, now) {
  return !isRetracted(alert) || now - Date.parse(alert.changed_at) < RETRACTED_SHOWN_MS;
}

export function alertItem(alert, now, window) {
  const retracted = isRetracted(alert);
  const given = retracted && alert.previous_score !== null ? alert.previous_score : alert.score;
  const digit = h(retracted ? "s" : "span", { class: "digit" }, String(given));
  const answer = h(
    "span",
    { class: "answer" },
    digit,
    h("span", { class: "unseen" }, " of 10, "),
    h("span", { class: "severity" }, retracted ? "off" : alert.severity),
  );
  const where = h(
    "p",
    { class: "where" },
    h("a", { href: storePath(alert.brand, alert.store, window), dir: "auto" }, alert.store),
    h("span", { class: "fine", dir: "auto" }, alert.brand),
  );
  return h(
    "li",
    { class: retracted ? "alert retracted" : `alert ${alert.severity}` },
    answer,
    h("div", { class: "alert-body" }, where, said(alert), retracted ? endFacts(alert, now) : alertFacts(alert, now)),
  );
}

function said(alert) {
  if (alert.forgotten) return h("p", { class: "fine" }, "What was said is erased.");
  if (alert.comment) {
    const words = isRetracted(alert) ? h("s", {}, alert.comment) : alert.comment;
    return h("blockquote", { lang: languageTag(alert.language), dir: "auto" }, words);
  }
  return isRetracted(alert) ? null : h("p", { class: "ask" }, "No reason given: ask why");
}

function alertFacts(alert, now) {
  const left = due(alert.due_at, now);
  const link = safeLink(alert.link);
  const asked = alert.reasons.includes("contact_requested");
  const changed = alert.previous_score !== null && alert.previous_score !== alert.score;
  return h(
    "p",
    { class: "facts fine" },
    h("span", { class: `due ${left.urgency}` }, left.text),
    h("span", {}, `answered ${ago(alert.submitted_at, now)}`),
    alert.late ? h("span", { class: "tag" }, "arrived late") : null,
    alert.generation > 0 ? h("span", { class: "tag" }, "raised again") : null,
    changed ? h("span", {}, `answer changed from ${alert.previous_score}`) : null,
    asked ? h("span", { class: "tag" }, "asked to be contacted") : null,
    h("span", {}, consent(alert)),
    alert.case_id ? h("a", { href: casePath(alert.case_id) }, `Case: ${status(alert.status)}`) : null,
    link ? h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, "Open customer") : null,
  );
}

function endFacts(alert, now) {
  return h(
    "p",
    { class: "facts fine" },
    h("span", { class: "due" }, `Retracted: ${retraction(alert)}`),
    h("span", {}, ago(alert.changed_at, now)),
  );
}
