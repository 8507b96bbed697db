// A case: how it stands, what can be done now, and its whole story.

import { caseFacts, deskPath, meter, scoreBox } from "./desk.js";
import { h } from "./dom.js";
import { ago, consent, languageTag, moment, safeLink } from "./figures.js";
import { storePath } from "./view.js";
import { button, choice, happened, need, sentence, timeLeft } from "./words.js";

export function caseView(item, now) {
  const left = timeLeft(item, now);
  return [
    h("p", { class: "back" }, h("a", { href: deskPath({}) }, h("span", { "aria-hidden": "true" }, "← "), "Desk")),
    h(
      "h2",
      { id: "case-title", tabindex: "-1" },
      h("a", { href: storePath(item.brand, item.store, "30d"), dir: "auto" }, item.store),
      " ",
      h("span", { class: "fine", dir: "auto" }, item.brand),
    ),
    h(
      "div",
      { class: `case-now ${item.severity} ${left.urgency}` },
      scoreBox(item),
      h(
        "div",
        { class: "case-body" },
        h("p", { class: `left ${left.urgency}` }, left.text),
        meter(item, now),
        h("p", { class: "fine" }, `Answered ${moment(item.submitted_at)}; to be contacted by ${moment(item.due_at)}.`),
        caseFacts(item),
      ),
    ),
  ];
}

export function caseMissing() {
  return [
    h("p", { class: "back" }, h("a", { href: deskPath({}) }, "← Desk")),
    h("h2", { id: "case-title", tabindex: "-1" }, "No such case"),
    h("p", { class: "empty" }, "It ended long ago, or the board has not read it yet."),
  ];
}

// What the customer said, in each of the alerts of the case.
export function saidView(item) {
  return item.alerts.map((alert) =>
    h(
      "article",
      { class: "said" },
      item.alerts.length > 1 ? h("p", { class: "fine" }, `${alert.score} of 10, ${moment(alert.submitted_at)}`) : null,
      words(item, alert),
      h("p", { class: "facts fine" }, item.withheld ? null : h("span", {}, consent(alert)), reference(item, alert)),
    ),
  );
}

function words(item, alert) {
  if (alert.comment) return h("blockquote", { lang: languageTag(alert.language), dir: "auto" }, alert.comment);
  if (item.forgotten) return h("p", { class: "fine" }, "What was said is erased.");
  if (alert.reason_missing) return h("p", { class: "ask" }, "No reason given: ask why");
  return h("p", { class: "fine" }, item.withheld ? "The comment is shown with the board’s token." : "No comment known.");
}

function reference(item, alert) {
  const link = safeLink(alert.link);
  if (link) return h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, "Open customer");
  return alert.customer_ref ? h("span", { dir: "auto" }, `customer ${alert.customer_ref}`) : null;
}

// The story, the newest first: who comes to a case wants to know what happened last.
export function storyItems(item, now) {
  const scores = new Map(item.alerts.map((alert) => [alert.alert_id, alert.score]));
  const isOwn = (event) => event.kind !== "raised" || event.alert_id === item.case_id || item.story.length === 1;
  return item.story
    .map((event, index) => ({ event, index }))
    .filter(({ event }) => isOwn(event))
    .reverse()
    .map(({ event, index }) => ({ key: `${event.alert_id} ${event.sequence} ${index}`, make: () => line(event, scores, now) }));
}

function line(event, scores, now) {
  const told = happened(event, (id) => scores.get(id));
  const note = event.action?.note;
  return h(
    "li",
    { class: `event ${event.kind}` },
    h("p", {}, told),
    note ? h("blockquote", { dir: "auto" }, note) : null,
    h("time", { class: "fine", datetime: event.at, title: moment(event.at) }, ago(event.at, now)),
  );
}

// The buttons for what the table of moves allows now, as items for `keep`.
export function moveItems(item, chosen, choose) {
  return item.moves.map(({ action }) => ({ key: action, make: () => moveButton(action, action === chosen, choose) }));
}

function moveButton(action, isChosen, choose) {
  const state = { "aria-expanded": isChosen ? "true" : "false" };
  const element = h("button", { type: "button", class: "move", ...state }, button(action));
  element.addEventListener("click", () => choose(action));
  return element;
}

// Why there are no buttons; empty where there are.
export function noMovesWords(item) {
  if (item.acting.allowed) return item.moves.length === 0 ? "Nothing more can be done here." : "";
  return item.acting.why ? `${sentence(item.acting.why)}.` : "";
}

// The form of a move: who acts, what the move needs, and a note. `submit` gets what was filled in.
export function moveForm(move, actor, submit, cancel) {
  const isNote = move.needs === "note";
  const form = h(
    "form",
    { class: "move-form", "aria-label": button(move.action) },
    move.choices ? choicesField(move) : null,
    h("label", {}, isNote ? need("note") : "Note, if there is something to note", h("textarea", { name: "note", rows: "3", maxlength: "4096", required: isNote })),
    h("label", {}, "Your name", h("input", { name: "actor", required: true, maxlength: "256", autocomplete: "name", value: actor })),
    h("div", { class: "form-foot" }, h("button", { class: "go", type: "submit" }, button(move.action)), cancelButton(cancel)),
    h("p", { class: "form-said", role: "status" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(Object.fromEntries(new FormData(form)));
  });
  return form;
}

function cancelButton(cancel) {
  const element = h("button", { type: "button", class: "quiet-button" }, "Cancel");
  element.addEventListener("click", cancel);
  return element;
}

function choicesField({ needs, choices }) {
  const options = choices.map((value) =>
    h("label", { class: "choice" }, h("input", { type: "radio", name: needs, value: String(value), required: true }), choice(value)),
  );
  return h("fieldset", {}, h("legend", {}, need(needs)), options);
}
