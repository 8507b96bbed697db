// What is behind a number: its sum, and with the token the votes themselves.

import { histogram } from "./charts.js";
import { h } from "./dom.js";
import { answers, bandWords, boundsWords, count, isShown, moment, oneDecimal, plural } from "./figures.js";
import { bandStrip } from "./view.js";

const ROWS_MAX = 200;

// How a score comes about: its sum, the answers by score, their mean.
export function sumView(figures) {
  if (!isShown(figures)) return [];
  const { promoters, detractors, n } = figures;
  const sum = `${oneDecimal(figures.nps)} = 100 × (${count(promoters)} − ${count(detractors)}) ÷ ${count(n)}`;
  const mean = figures.mean === null ? "" : ` Mean ${oneDecimal(figures.mean)} of 10.`;
  return [
    h(
      "div",
      { class: "distribution" },
      figures.histogram ? histogram(figures.histogram) : null,
      h(
        "div",
        { class: "shares" },
        h("p", { class: "sum" }, sum),
        bandStrip(figures),
        h("p", { class: "fine" }, `${bandWords(figures)}.${mean} 95 % interval ${boundsWords(figures)}.`),
      ),
    ),
  ];
}

// The votes: a button that asks for them, or what was answered. `behind` is null until somebody asks.
export function votesView(behind, whole, ask) {
  if (!whole) {
    return [h("p", { class: "fine" }, "Single answers, corrections and exclusions are shown with the board’s token.")];
  }
  if (behind?.document) return explained(behind.document);
  const text = { asked: "Reading the state…", failed: "That did not work: ask again" }[behind?.state];
  const button = h("button", { class: "more", type: "button", disabled: behind?.state === "asked" }, text ?? "Show the votes");
  button.addEventListener("click", ask);
  return [button];
}

function explained(found) {
  return [
    h("p", { class: "fine" }, marksWords(found)),
    found.restated.length ? h("ul", { class: "fine" }, found.restated.map(restatedItem)) : null,
    found.touched.length
      ? tableOf("Corrected or not counted", found.touched, found.touched_total, ["Counts", "What happened"], touchedCells)
      : null,
    tableOf("All votes", found.votes, found.votes_total, ["Counts", "Alert", "Offset"], voteCells),
  ].filter(Boolean);
}

function marksWords({ figures, marks, partition, as_of: asOf }) {
  const told = [
    [marks.corrected, "corrected"],
    [marks.excluded, "excluded"],
    [marks.deleted, "deleted"],
    [marks.forgotten, "of a person who is forgotten"],
    [marks.no_answer, "without an answer"],
    [marks.muted, "without an alert, imported or too late"],
  ].filter(([n]) => n > 0);
  const words = told.length ? ` Of the responses ${told.map(([n, what]) => `${count(n)} ${what}`).join(", ")}.` : "";
  return `${answers(figures.n)} counted by ${moment(asOf)}, from partition ${partition} of survey.responses.${words}`;
}

function restatedItem({ period, was, now }) {
  const said = ({ nps, n }) => `${oneDecimal(nps)} of ${answers(n)}`;
  return h("li", {}, `${period} is restated: it said ${said(was)}, now ${said(now)}.`);
}

function tableOf(title, votes, total, names, cellsOf) {
  const head = ["Submitted, UTC", "Score", ...names].map((name) => h("th", { scope: "col" }, name));
  const rows = votes.slice(0, ROWS_MAX).map((vote) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, vote.submitted_at.replace("T", " ").replace("Z", "")),
      h("td", {}, vote.score === null ? "—" : String(vote.score)),
      cellsOf(vote).map((cell) => h("td", {}, cell)),
    ),
  );
  const left = total - rows.length;
  const caption = left > 0 ? `${title}: the newest ${count(rows.length)} of ${count(total)}` : `${title}: ${count(total)}`;
  return h(
    "div",
    { class: "scroll votes", tabindex: "0", role: "group", "aria-label": title },
    h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)),
  );
}

function counts(vote) {
  const why = vote.because.map((each) => each.replace("_", " ")).join(", ");
  return [vote.counts ? "yes" : `no: ${why}`, vote.forgotten ? "person forgotten" : ""].filter(Boolean).join(", ");
}

function voteCells(vote) {
  const alert = vote.alert ? (vote.alert.open ? "open" : "retracted") : vote.muted ? "muted" : "";
  const again = vote.alert?.generation ? ` ×${vote.alert.generation + 1}` : "";
  return [counts(vote), alert + again, vote.answer_offset === null ? "" : String(vote.answer_offset)];
}

function touchedCells(vote) {
  const told = vote.events.map((event) => h("li", {}, eventWords(event)));
  const times = vote.corrections ? h("li", {}, plural(vote.corrections, "correction", "corrections")) : null;
  return [counts(vote), h("ul", {}, times, told)];
}

const GONE = { beyond_retention: "no longer kept", another: "another record by now" };

function eventWords(event) {
  if (event.record !== "there") return `${event.offset}: ${GONE[event.record]}`;
  return [
    `${event.offset}: ${event.event}`,
    event.score === null ? null : `score ${event.score}`,
    event.version === null ? null : `version ${event.version}`,
    event.reason ? `“${event.reason}”` : null,
    event.by ? `by ${event.by}` : null,
    moment(event.arrived_at),
  ].filter(Boolean).join(", ");
}
