// Putting what is known on the page. What the controls do is given by `act`.

import { alertItem } from "./alerts.js";
import { sumView, votesView } from "./behind.js";
import { NARROW, WIDE, charts } from "./charts.js";
import { fill, h, keep } from "./dom.js";
import { PERIODS, SMALL, WINDOWS, count, figuresOf, moment, plural } from "./figures.js";
import {
  ALERTS_MAX,
  ALERTS_STEP,
  STORES_STEP,
  chosenBrand,
  known,
  listedAlerts,
  shownBehind,
  shownTrends,
  view,
} from "./state.js";
import { periodsView, storeView } from "./store.js";
import { brandCard, segment, storeRow } from "./view.js";

const COLUMNS_MAX = 4;
const SORTS = { attention: "Need of attention", score: "Score", answers: "Answers", name: "Name" };

export const part = (id) => document.getElementById(id);

export function renderAll(act, connection) {
  document.body.dataset.view = view.page === "scores" ? (view.store === null ? "overview" : "store") : view.page;
  part("scores").hidden = view.page !== "scores";
  renderConnection(connection);
  renderControls(act);
  if (view.page !== "scores") return;
  renderBrands();
  renderRows();
  renderStore();
  renderPictures();
  renderVotes(act);
  renderAlerts(act);
}

// A group of buttons of which one is pressed; `choices` are [name, label] or [name, label, meaning].
function renderSegments(id, choices, pressed, choose) {
  const make = ([name, label, meaning]) => segment(label, name === pressed, () => choose(name), meaning);
  keep(part(id), choices, ([name]) => name, make);
}

export function renderControls(act) {
  const windows = WINDOWS.map((name) => [name, PERIODS[name].short, PERIODS[name].long]);
  renderSegments("windows", windows, view.window, act.chooseWindow);
  renderSegments("sorts", Object.entries(SORTS), view.sort, act.chooseSort);
  part("windows").hidden = view.page !== "scores";
  for (const link of part("pages").children) {
    if (link.dataset.page === (view.page === "case" ? "desk" : view.page)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const stores = view.store === null ? "Stores" : "Store";
  renderSegments("panels", [["stores", stores], ["alerts", "Alerts"]], view.panel, act.choosePanel);
  document.body.dataset.panel = view.panel;
}

export function renderConnection(connectionIsLost) {
  const { state, text } = connection(connectionIsLost);
  const shown = part("connection");
  shown.dataset.state = state;
  if (shown.firstElementChild.textContent !== text) shown.firstElementChild.textContent = text;
}

function connection(isLost) {
  const { status } = known;
  if (isLost) return { state: "lost", text: "Reconnecting" };
  if (!status) return { state: "reading", text: "Connecting" };
  if (status.state === "live") return { state: "live", text: "Live" };
  if (status.state === "unreachable") {
    return { state: "lost", text: `Kafka not reachable since ${clock(status.heard_at)}` };
  }
  return { state: "reading", text: status.reason ? `Waiting: ${status.reason}` : "Reading the topics" };
}

function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

export function renderBrands() {
  const brands = Array.from(known.brands.values());
  const cards = part("cards");
  part("brands").hidden = view.store !== null;
  // As few rows as COLUMNS_MAX allows, and the cards spread evenly over them.
  const rows = Math.max(1, Math.ceil(brands.length / COLUMNS_MAX));
  cards.style.setProperty("--columns", String(Math.max(1, Math.ceil(brands.length / rows))));
  cards.classList.toggle("many", rows > 1);
  if (brands.length > 0) {
    const isChosen = (brand) => brand.brand === chosenBrand();
    keep(cards, brands, (brand) => brand.brand, (brand) => brandCard(brand, view.window, isChosen(brand)));
  } else if (known.status?.state === "live") {
    fill(cards, [h("li", { class: "empty" }, "No figures yet. They appear with the first answer.")]);
  }
}

export function renderRows() {
  part("stores").hidden = view.store !== null || known.brands.size === 0;
  if (part("stores").hidden) return;
  fill(part("stores-title"), [document.createTextNode("Stores of "), h("bdi", {}, chosenBrand())]);
  keep(part("rows"), known.rows, (row) => row.store, (row) => storeRow(row, view.window));
  const left = known.total - known.rows.length;
  part("more").hidden = left <= 0;
  part("more").textContent = `Show ${Math.min(left, STORES_STEP)} more`;
  part("stores-note").textContent = rowsNote();
}

function rowsNote() {
  if (known.total === 0) return view.text ? `No store is called like “${view.text}”.` : "No stores yet.";
  const all = plural(known.total, "store", "stores");
  const shown = known.rows.length === known.total ? all : `${count(known.rows.length)} of ${all}`;
  const asOf = known.brands.get(chosenBrand())?.as_of;
  const veil = known.status?.whole === false ? ` Scores of fewer than ${SMALL} answers are withheld.` : "";
  return `${shown}, ${PERIODS[view.window].long}${asOf ? `, computed ${moment(asOf)}` : ""}.${veil}`;
}

// The pictures of the brand on the overview, or of the store on its own view.
export function renderPictures() {
  const trends = shownTrends();
  const [here, there] = view.store === null ? ["brand-pictures", "store-pictures"] : ["store-pictures", "brand-pictures"];
  part("brand-over-time").hidden = view.store !== null || trends === null;
  fill(part("brand-over-time-of"), [h("bdi", {}, chosenBrand() ?? ""), document.createTextNode(" over time")]);
  fill(part(there), []);
  fill(part(here), trends === null ? [] : charts(trends, view.store === null ? WIDE : NARROW));
}

export function renderStore() {
  const section = part("store");
  section.hidden = view.store === null;
  document.title = view.store === null ? "NPS board" : `${view.store} · NPS board`;
  if (view.store === null) return;
  if (known.store?.store === view.store && known.store.brand === view.brand) {
    fill(part("store-figures"), storeView(known.store, view.window));
    fill(part("store-periods"), periodsView(known.store, view.window));
    fill(part("store-sum"), sumView(figuresOf(known.store, view.window)));
    part("behind").hidden = false;
  } else if (known.storeIsMissing) {
    const title = h("h2", { id: "store-title", tabindex: "-1", dir: "auto" }, view.store);
    const away = h("a", { href: "#/" }, "All brands");
    fill(part("store-figures"), [title, h("p", { class: "empty" }, "No figures of this store. ", away)]);
    fill(part("store-periods"), []);
    part("behind").hidden = true;
  }
}

// The votes behind the number of a store, for who may see them and asked.
export function renderVotes(act) {
  if (view.store === null) return;
  fill(part("store-votes"), votesView(shownBehind(), known.status?.whole === true, act.askBehind));
}

// Returns the items that are new on the page.
export function renderAlerts(act) {
  part("alerts-title").textContent = view.store === null ? "Newest alerts" : "Alerts of this store";
  part("scopes").hidden = known.brands.size < 2 || view.store !== null;
  renderSegments("scopes", [["all", "All brands"], ["brand", chosenBrand() ?? ""]], view.scope, act.chooseScope);
  const listed = listedAlerts();
  const left = listed.length - view.alerts;
  part("more-alerts").hidden = left <= 0;
  part("more-alerts").textContent = `Show ${Math.min(left, ALERTS_STEP)} more`;
  const list = part("alert-list");
  if (listed.length === 0) {
    const text = view.store === null ? "No alerts." : `None among the newest ${ALERTS_MAX} of all stores.`;
    fill(list, known.status ? [h("li", { class: "empty" }, text)] : []);
    return [];
  }
  const now = Date.now() + known.skewMs;
  const shown = listed.slice(0, view.alerts);
  return keep(list, shown, (alert) => alert.alert_id, (alert) => alertItem(alert, now, view.window));
}

// Let an item that has just come be noticed, without moving anything.
export function welcome(item) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const fresh = getComputedStyle(item).getPropertyValue("--fresh");
  item.animate([{ backgroundColor: fresh }, {}], { duration: 2000, easing: "ease-in" });
}
