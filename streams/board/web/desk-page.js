// Desk, case and turnaround on the page: what is shown of them, and what people do there.

import { caseMissing, caseView, moveForm, moveItems, noMovesWords, saidView, storyItems } from "./case.js";
import { deskHead, deskItems, deskPath, options } from "./desk.js";
import { fill, keep } from "./dom.js";
import { DESK_STEP, act, desk, forgetCases, held, newKey, refreshCase, refreshDesk, refreshTurnaround, shownCase } from "./follow-up.js";
import { Unanswered } from "./source.js";
import { known, view } from "./state.js";
import { storesTable, turnaroundCard } from "./turnaround.js";
import { owner, refusal, sentence } from "./words.js";

const PAGES = ["desk", "case", "turnaround"];
const PAUSE_MS = 1000;
const PATIENCE_MS = 15000;
const REMEMBERED = "nps board actor";

const part = (id) => document.getElementById(id);
const same = (value) => value;

let waiting = null;
let move = null;
let notice = "";

export function isHere() {
  return PAGES.includes(view.page);
}

// Ask for what the page shows, and show it.
export async function refresh() {
  if (view.page === "desk") await refreshDesk();
  if (view.page === "case") await refreshCase();
  if (view.page === "turnaround") await refreshTurnaround();
  render();
}

export function render() {
  for (const page of PAGES) part(page).hidden = view.page !== page;
  if (view.page === "desk") renderDesk();
  if (view.page === "case") renderCase();
  if (view.page === "turnaround") renderTurnaround();
}

// Another page was chosen: what was begun on the one before is given up.
export function leave() {
  desk.limit = DESK_STEP;
  close();
}

export function forget() {
  forgetCases();
  if (isHere()) render();
}

// The stream says that cases changed, or the figures of a brand: look again, once for all that come together.
export function heard(caseIds) {
  const names = shownCase()?.alerts.map((alert) => alert.alert_id) ?? [];
  const matters = view.page === "desk" || caseIds.some((id) => id === view.caseId || names.includes(id));
  if (matters) lookAgain();
}

export function lookAgain() {
  if (!isHere() || waiting !== null) return;
  waiting = setTimeout(() => {
    waiting = null;
    if (!document.hidden) refresh().catch(unlessUnanswered);
  }, PAUSE_MS);
}

function unlessUnanswered(error) {
  if (!(error instanceof Unanswered)) throw error;
}

const now = () => Date.now() + known.skewMs;

function renderDesk() {
  document.title = "Desk · NPS board";
  const found = held.desk;
  if (found === null) {
    for (const id of ["desk-head", "case-list"]) fill(part(id), []);
    part("more-cases").hidden = true;
    return;
  }
  fill(part("desk-head"), deskHead(found));
  renderFilter("brand", "Brand", found.brands, same);
  renderFilter("severity", "Severity", ["P1", "P2", "P3"], same);
  renderFilter("owner", "Owner", found.owners, owner);
  part("desk-store").hidden = !view.filters.store;
  part("desk-store").textContent = view.filters.store ? `Only ${view.filters.store} ×` : "";
  keep(part("case-list"), deskItems(found.cases, now()), (item) => item.key, (item) => item.make());
  const left = found.total - found.cases.length;
  part("more-cases").hidden = left <= 0;
  part("more-cases").textContent = `Show ${Math.min(left, DESK_STEP)} more`;
  part("desk-note").textContent = found.acting.allowed ? "" : `${sentence(found.acting.why)}.`;
}

function renderFilter(name, all, values, wordsOf) {
  const select = part(`desk-${name}`);
  fill(select, options(all, values, view.filters[name], wordsOf));
  select.value = view.filters[name] ?? "";
}

function renderCase() {
  const item = shownCase();
  document.title = item === null ? "NPS board" : `${item.store}, ${item.severity} · NPS board`;
  part("case-rest").hidden = item === null;
  if (item === null) {
    fill(part("case-head"), held.caseIsMissing ? caseMissing() : []);
    for (const id of ["case-said", "case-story"]) fill(part(id), []);
    return;
  }
  fill(part("case-head"), caseView(item, now()));
  fill(part("case-said"), saidView(item));
  keep(part("case-story"), storyItems(item, now()), (each) => each.key, (each) => each.make());
  settleMove(item);
  keep(part("case-moves"), item.acting.allowed ? moveItems(item, move?.action, choose) : [], (each) => each.key, (each) => each.make());
  part("case-no-moves").textContent = notice || noMovesWords(item);
}

function renderTurnaround() {
  document.title = "Turnaround · NPS board";
  if (held.brands === null) return;
  const items = [...held.brands];
  keep(part("turn-cards"), items, (brand) => brand.brand, (brand) => turnaroundCard(brand, brand.brand === view.brand));
  fill(part("turn-stores"), view.brand === null ? [] : storesTable(held.stores));
}

// See what became of the move that was begun: taken, overtaken by somebody else's, or still to come.
function settleMove(item) {
  if (move === null) return;
  if (item.story.some((event) => event.action?.action_id === move.key)) {
    close();
    part("case-title")?.focus();
    return;
  }
  if (item.refusal?.action_id === move.key) {
    close();
    notice = `It was not taken: ${refusal(item.refusal.reason)}.`;
    return;
  }
  if (!move.sent && !item.moves.some(({ action }) => action === move.action)) {
    close();
    notice = "Somebody else was faster: the case has moved on.";
  }
}

function choose(action) {
  const isOpen = move?.action === action;
  close();
  const item = shownCase();
  const chosen = item?.moves.find((each) => each.action === action);
  if (!isOpen && chosen) {
    move = { action, key: newKey(), sent: false };
    const form = moveForm(chosen, localStorage.getItem(REMEMBERED) ?? "", (filled) => submit(filled), () => choose(action));
    part("case-form").replaceChildren(form);
    form.querySelector("input, textarea")?.focus();
  }
  renderCase();
}

function close() {
  move = null;
  notice = "";
  part("case-form").replaceChildren();
}

// Send the move once; whatever goes wrong, pressing again is the same action.
async function submit(filled) {
  const mine = move;
  if (mine === null || mine.sent) return;
  mine.sent = true;
  say("Sending…");
  localStorage.setItem(REMEMBERED, filled.actor);
  const action = Object.fromEntries(Object.entries(filled).filter(([, value]) => value !== ""));
  if (action.quality) action.quality = Number(action.quality);
  const answer = await send({ ...action, action: mine.action, action_id: mine.key });
  if (move !== mine) return;
  if (answer.status === 202) {
    say("Kafka has it; the worker is about to decide.");
    setTimeout(() => move === mine && say("No word of the worker yet: it decides as soon as it runs."), PATIENCE_MS);
    lookAgain();
  } else {
    mine.sent = false;
    say(answer.detail);
  }
}

async function send(action) {
  try {
    return await act(view.caseId, action);
  } catch (error) {
    unlessUnanswered(error);
    return { status: 0, detail: "The board did not answer: press again, it is the same action." };
  }
}

function say(text) {
  const form = part("case-form").firstElementChild;
  if (!form) return;
  form.querySelector(".form-said").textContent = text;
  form.querySelector(".go").disabled = move?.sent ?? false;
}

// What the controls do; called once.
export function begin() {
  for (const name of ["brand", "severity", "owner"]) {
    part(`desk-${name}`).addEventListener("change", ({ target }) => {
      location.hash = deskPath({ ...view.filters, [name]: target.value });
    });
  }
  part("desk-store").addEventListener("click", () => {
    location.hash = deskPath({ ...view.filters, store: "" });
  });
  part("more-cases").addEventListener("click", () => {
    desk.limit += DESK_STEP;
    refresh().catch(unlessUnanswered);
  });
}
