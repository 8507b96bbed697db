// The board: what is looked at (the address), what is known (the API and the live stream), and putting one on the other.

import { fill, h, keep } from "./dom.js";
import { PERIODS, WINDOWS, count, plural } from "./figures.js";
import { Unanswered, follow, get } from "./source.js";
import { alertItem, brandCard, brandPath, segment, storePath, storeRow, storeView } from "./view.js";

const STORES_STEP = 50;
const ALERTS_STEP = 20;
const ALERTS_MAX = 500;
const REORDER_MS = 5000;
const CLOCK_MS = 20000;
const ANNOUNCE_MS = 4000;
const START_MS = 3000;

const SORTS = { attention: "Need of attention", score: "Score", answers: "Answers", name: "Name" };

const view = { window: "30d", brand: null, store: null, sort: "attention", text: "", stores: STORES_STEP, alerts: ALERTS_STEP, scope: "all", panel: "stores" };
const known = { brands: new Map(), rows: [], total: 0, store: null, missing: false, alerts: [], status: null, skewMs: 0 };
const part = (id) => document.getElementById(id);

let unfollow = () => {};
let followed;
let stale = false;
let unsaid = [];

// The address

function readAddress() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [kind, brand, store] = path.split("/").map(decoded);
  const window = new URLSearchParams(query).get("window");
  view.window = WINDOWS.includes(window) ? window : "30d";
  view.store = kind === "store" && store ? store : null;
  view.brand = (kind === "store" || kind === "brand") && brand ? brand : null;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function chosenBrand() {
  return view.brand ?? known.brands.keys().next().value ?? null;
}

function chooseWindow(window) {
  if (view.store !== null) location.hash = storePath(view.brand, view.store, window);
  else if (view.brand !== null) location.hash = brandPath(view.brand, window);
  else location.hash = window === "30d" ? "#/" : `#/?window=${window}`;
}

// What is known

// Listen first and ask then, so that nothing falls between the two; the stream's opening asks for everything.
async function start() {
  try {
    await refreshBrands();
    listen();
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    setTimeout(start, START_MS);
  }
}

async function refresh() {
  learnStatus(await get("/v1/status"));
  await refreshBrands();
  listen();
  await Promise.all([refreshStores(), refreshStore(), refreshAlerts()]);
  render();
}

async function refreshBrands() {
  const { brands } = await get("/v1/brands");
  known.brands = new Map(brands.map((brand) => [brand.brand, brand]));
}

async function refreshStores() {
  stale = false;
  const brand = chosenBrand();
  if (brand === null || view.store !== null) return;
  const asked = `${brand}\n${view.window}\n${view.sort}\n${view.text}`;
  const query = new URLSearchParams({ window: view.window, sort: view.sort, q: view.text, limit: Math.min(view.stores, 500) });
  const page = await get(`/v1/brands/${encodeURIComponent(brand)}/stores?${query}`, { missing: { stores: [], total: 0 } });
  if (asked !== `${chosenBrand()}\n${view.window}\n${view.sort}\n${view.text}`) return;
  known.rows = page.stores;
  known.total = page.total;
}

async function refreshStore() {
  if (view.store === null) return;
  const { brand, store } = view;
  const found = await get(`/v1/stores/${encodeURIComponent(brand)}/${encodeURIComponent(store)}`, { missing: null });
  if (brand !== view.brand || store !== view.store) return;
  known.store = found;
  known.missing = found === null;
}

async function refreshAlerts() {
  const asked = String(alertQuery());
  const before = new Set(known.alerts.map((alert) => alert.alert_id));
  const { alerts } = await get(`/v1/alerts?${asked}`);
  if (asked !== String(alertQuery())) return;
  const answered = new Set(alerts.map((alert) => alert.alert_id));
  const arrivedMeanwhile = known.alerts.filter((alert) => !before.has(alert.alert_id) && !answered.has(alert.alert_id) && wanted(alert));
  known.alerts = [...arrivedMeanwhile, ...alerts];
}

function alertQuery() {
  const query = new URLSearchParams({ limit: ALERTS_MAX });
  if (view.store !== null) query.set("store", view.store);
  if (view.store !== null || view.scope === "brand") query.set("brand", chosenBrand() ?? "");
  return query;
}

function wanted(alert) {
  if (view.store !== null) return alert.brand === view.brand && alert.store === view.store;
  return view.scope === "all" || alert.brand === chosenBrand();
}

function learnStatus(status) {
  known.status = status;
  known.skewMs = Date.parse(status.now) - Date.now();
}

// The live stream

function listen() {
  const brand = chosenBrand();
  if (brand === followed || document.hidden) return;
  followed = brand;
  unfollow();
  unfollow = follow(brand, {
    open: () => settle(refresh()),
    lost: renderConnection,
    status(status) {
      const before = known.status?.state;
      learnStatus(status);
      if (before && before !== "live" && status.state === "live") settle(refresh());
      renderConnection();
    },
    brand(brand) {
      known.brands.set(brand.brand, brand);
      stale = true;
      listen();
      renderBrands();
    },
    store(store) {
      stale = true;
      if (view.store === store.store && view.brand === store.brand) known.store = store;
      known.rows = known.rows.map((row) => (row.store === store.store && row.brand === store.brand ? store : row));
      if (view.store === null) renderRows();
      else renderStore();
    },
    alert(alert) {
      if (!wanted(alert) || known.alerts.some((each) => each.alert_id === alert.alert_id)) return;
      known.alerts = [alert, ...known.alerts].slice(0, ALERTS_MAX);
      unsaid.push(alert);
      renderAlerts(true);
    },
  });
}

// A list does not change its order under a hand or the keyboard.
function reorder() {
  const rows = part("rows");
  if (stale && !document.hidden && !rows.matches(":hover") && !rows.contains(document.activeElement)) settle(refreshStores().then(renderRows));
}

function announce() {
  if (unsaid.length === 0) return;
  const [alert] = unsaid.slice(-1);
  const text = unsaid.length === 1 ? `New alert: ${alert.severity}, ${alert.score} of 10, ${alert.store}` : `${unsaid.length} new alerts, the last from ${alert.store}`;
  unsaid = [];
  part("announce").textContent = text;
}

// The page

function render() {
  document.body.dataset.view = view.store === null ? "overview" : "store";
  renderConnection();
  renderControls();
  renderBrands();
  renderRows();
  renderStore();
  renderAlerts(false);
}

function renderControls() {
  const windows = WINDOWS.map((name) => ({ name, label: PERIODS[name].short }));
  keep(part("windows"), windows, ({ name }) => name, ({ name, label }) => segment(label, view.window === name, () => chooseWindow(name), PERIODS[name].long));
  const sorts = Object.entries(SORTS);
  keep(part("sorts"), sorts, ([name]) => name, ([name, label]) => segment(label, view.sort === name, () => chooseSort(name)));
  const panels = Object.entries({ stores: view.store === null ? "Stores" : "Store", alerts: "Alerts" });
  keep(part("panels"), panels, ([name]) => name, ([name, label]) => segment(label, view.panel === name, () => choosePanel(name)));
  document.body.dataset.panel = view.panel;
}

function renderConnection() {
  const connection = part("connection");
  const { state, text } = connectionState();
  connection.dataset.state = state;
  if (connection.firstElementChild.textContent !== text) connection.firstElementChild.textContent = text;
}

function connectionState() {
  const { status } = known;
  if (unfollow.lost) return { state: "lost", text: "Reconnecting" };
  if (!status) return { state: "reading", text: "Connecting" };
  if (status.state === "unreachable") return { state: "lost", text: `Kafka not reachable since ${clock(status.heard_at)}` };
  if (status.state === "reading") return { state: "reading", text: status.reason ? `Waiting: ${status.reason}` : "Reading the topics" };
  return { state: "live", text: "Live" };
}

function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function renderBrands() {
  const brands = Array.from(known.brands.values());
  part("brands").hidden = view.store !== null;
  if (brands.length === 0 && known.status?.state === "live") fill(part("cards"), [h("li", { class: "empty" }, "No figures yet. They appear with the first answer.")]);
  else keep(part("cards"), brands, (brand) => brand.brand, (brand) => brandCard(brand, view.window, brand.brand === chosenBrand()));
}

function renderRows() {
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
  const shown = known.rows.length === known.total ? plural(known.total, "store", "stores") : `${count(known.rows.length)} of ${count(known.total)} stores`;
  return `${shown}, ${PERIODS[view.window].long}.`;
}

function renderStore() {
  const section = part("store");
  section.hidden = view.store === null;
  if (view.store === null) return;
  const loaded = known.store?.store === view.store && known.store.brand === view.brand;
  document.title = `${view.store} · NPS board`;
  if (loaded) fill(section, storeView(known.store, view.window));
  else if (known.missing) fill(section, [h("h2", { id: "store-title", tabindex: "-1" }, view.store), h("p", { class: "empty" }, "No figures of this store. "), h("p", {}, h("a", { href: "#/" }, "All brands"))]);
}

function renderAlerts(arriving) {
  part("alerts-title").textContent = view.store === null ? "Newest alerts" : "Alerts of this store";
  const several = known.brands.size > 1 && view.store === null;
  part("scopes").hidden = !several;
  keep(part("scopes"), [["all", "All brands"], ["brand", chosenBrand() ?? ""]], ([name]) => name, ([name, label]) => segment(label, view.scope === name, () => chooseScope(name)));
  const list = part("alert-list");
  const shown = known.alerts.slice(0, view.alerts);
  const now = Date.now() + known.skewMs;
  if (shown.length === 0) {
    fill(list, known.status ? [h("li", { class: "empty" }, view.store === null ? "No alerts." : `None among the newest ${ALERTS_MAX} of all stores.`)] : []);
  } else {
    const added = keep(list, shown, (alert) => alert.alert_id, (alert) => alertItem(alert, now, view.window));
    if (arriving) added.forEach(welcome);
  }
  part("more-alerts").hidden = known.alerts.length <= view.alerts;
  part("more-alerts").textContent = `Show ${Math.min(known.alerts.length - view.alerts, ALERTS_STEP)} more`;
}

function welcome(item) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  item.animate([{ backgroundColor: "var(--fresh)", opacity: 0, transform: "translateY(-0.5rem)" }, { backgroundColor: "var(--fresh)", opacity: 1, transform: "none", offset: 0.15 }, {}], { duration: 2500, easing: "ease-out" });
}

// What people do

function chooseSort(sort) {
  view.sort = sort;
  view.stores = STORES_STEP;
  renderControls();
  settle(refreshStores().then(renderRows));
}

function chooseScope(scope) {
  view.scope = scope;
  view.alerts = ALERTS_STEP;
  settle(refreshAlerts().then(() => renderAlerts(false)));
}

function choosePanel(panel) {
  view.panel = panel;
  renderControls();
}

function go() {
  const before = view.store;
  const brandBefore = chosenBrand();
  readAddress();
  if (brandBefore !== chosenBrand()) {
    view.stores = STORES_STEP;
    view.text = part("filter").value = "";
  }
  known.missing = false;
  document.title = "NPS board";
  renderControls();
  settle(
    refresh().then(() => {
      if (view.store === before) return;
      view.panel = "stores";
      render();
      scrollTo(0, 0);
      part(view.store === null ? "main" : "store-title")?.focus({ preventScroll: true });
    }),
  );
}

// What fails here is tried again by the stream's next opening; the connection says so meanwhile.
function settle(promise) {
  promise.catch((error) => {
    if (!(error instanceof Unanswered)) throw error;
    renderConnection();
  });
}

part("filter").addEventListener("input", (event) => {
  view.text = event.target.value;
  view.stores = STORES_STEP;
  settle(refreshStores().then(renderRows));
});
part("more").addEventListener("click", () => {
  view.stores += STORES_STEP;
  settle(refreshStores().then(renderRows));
});
part("more-alerts").addEventListener("click", () => {
  view.alerts += ALERTS_STEP;
  renderAlerts(false);
});
part("skip").addEventListener("click", (event) => {
  event.preventDefault();
  part("main").focus();
});
addEventListener("hashchange", go);
// A browser gives one site six connections in all its tabs: a page that nobody sees holds none.
document.addEventListener("visibilitychange", () => {
  unfollow();
  followed = undefined;
  if (!document.hidden) start();
});
setInterval(reorder, REORDER_MS);
setInterval(announce, ANNOUNCE_MS);
setInterval(() => renderAlerts(false), CLOCK_MS);

readAddress();
renderControls();
start();
