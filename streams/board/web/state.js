// What is looked at (the address and the choices made) and what is known (the API's answers and the stream's news).

import { isListed } from "./alerts.js";
import { WINDOWS } from "./figures.js";
import { Unanswered, get } from "./source.js";
import { brandPath, storePath } from "./view.js";

export const STORES_STEP = 50;
export const ALERTS_STEP = 20;
export const ALERTS_MAX = 500;
const STORES_MAX = 500;

export const view = {
  page: "scores",
  filters: {},
  caseId: null,
  window: "30d",
  brand: null,
  store: null,
  sort: "attention",
  text: "",
  stores: STORES_STEP,
  alerts: ALERTS_STEP,
  scope: "all",
  panel: "stores",
};

export const known = {
  brands: new Map(),
  rows: [],
  total: 0,
  rowsAreStale: false,
  store: null,
  storeIsMissing: false,
  trends: null,
  behind: null,
  alerts: [],
  status: null,
  skewMs: 0,
};

const FILTERS = ["brand", "store", "severity", "owner"];
const PAGES = { desk: "desk", case: "case", turnaround: "turnaround" };

// The address: `#/`, `#/brand/{brand}` or `#/store/{brand}/{store}`, with `?window=` where that is not 30 days;
// `#/desk` with its filters, `#/case/{alert}`, `#/turnaround` or `#/turnaround/{brand}`.
export function readAddress() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [kind, brand, store] = path.split("/").map(decoded);
  const asked = new URLSearchParams(query);
  const window = asked.get("window");
  view.page = PAGES[kind] ?? "scores";
  view.filters = Object.fromEntries(FILTERS.map((name) => [name, asked.get(name) ?? ""]));
  view.caseId = kind === "case" && brand ? brand : null;
  view.window = WINDOWS.includes(window) ? window : "30d";
  view.store = kind === "store" && store ? store : null;
  view.brand = ["store", "brand", "turnaround"].includes(kind) && brand ? brand : null;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// Where the same is shown for another period.
export function addressFor(window) {
  if (view.store !== null) return storePath(view.brand, view.store, window);
  if (view.brand !== null) return brandPath(view.brand, window);
  return window === "30d" ? "#/" : `#/?window=${window}`;
}

export function chosenBrand() {
  return view.brand ?? known.brands.keys().next().value ?? null;
}

export async function refreshStatus() {
  learnStatus(await get("/v1/status"));
}

export function learnStatus(status) {
  known.status = status;
  known.skewMs = Date.parse(status.now) - Date.now();
}

export async function refreshBrands() {
  const { brands } = await get("/v1/brands");
  known.brands = new Map(brands.map((brand) => [brand.brand, brand]));
}

export async function refreshStores() {
  known.rowsAreStale = false;
  const asked = storesPath();
  if (asked === null) return;
  const page = await get(asked, { missing: { stores: [], total: 0 } });
  if (asked !== storesPath()) return;
  known.rows = page.stores;
  known.total = page.total;
}

function storesPath() {
  const brand = chosenBrand();
  if (brand === null || view.store !== null) return null;
  const limit = Math.min(view.stores, STORES_MAX);
  const query = new URLSearchParams({ window: view.window, sort: view.sort, q: view.text, limit });
  return `/v1/brands/${encodeURIComponent(brand)}/stores?${query}`;
}

export async function refreshStore() {
  const { brand, store } = view;
  if (store === null) return;
  const found = await get(`/v1/stores/${encodeURIComponent(brand)}/${encodeURIComponent(store)}`, { missing: null });
  if (brand !== view.brand || store !== view.store) return;
  known.store = found;
  known.storeIsMissing = found === null;
}

// The days, weeks and months of what is looked at; null where they are not known.
export async function refreshTrends() {
  const asked = trendsPath();
  if (asked === null) return;
  const found = await get(asked, { missing: null });
  if (asked === trendsPath()) known.trends = found;
}

function trendsPath() {
  const brand = chosenBrand();
  if (brand === null) return null;
  const store = view.store === null ? "" : `/${encodeURIComponent(view.store)}`;
  return `/v1/trends/${encodeURIComponent(brand)}${store}`;
}

// The trend of what is looked at; that of something else, asked for before, is none.
export function shownTrends() {
  const { trends } = known;
  return trends?.as_of && trends.brand === chosenBrand() && trends.store === view.store ? trends : null;
}

// What is behind the number that is looked at, when somebody asks: {path, state: "asked", "failed" or "there", document}.
export async function askBehind() {
  const path = behindPath();
  known.behind = { path, state: "asked" };
  try {
    const document = await get(path);
    if (known.behind.path === path) known.behind = { path, state: "there", document };
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    if (known.behind.path === path) known.behind = { path, state: "failed" };
  }
}

function behindPath() {
  return `/v1/explain/${encodeURIComponent(view.brand)}/${encodeURIComponent(view.store)}?window=${view.window}`;
}

// What was answered about the number that is looked at now; null where nobody asked.
export function shownBehind() {
  return known.behind?.path === behindPath() ? known.behind : null;
}

export async function refreshAlerts() {
  const asked = alertsPath();
  const before = new Set(known.alerts.map((alert) => alert.alert_id));
  const { alerts } = await get(asked);
  if (asked !== alertsPath()) return;
  const held = new Map(known.alerts.map((alert) => [alert.alert_id, alert]));
  const answered = new Set(alerts.map((alert) => alert.alert_id));
  const cameMeanwhile = known.alerts.filter(({ alert_id: id }) => !before.has(id) && !answered.has(id));
  known.alerts = [...cameMeanwhile.filter(isWanted), ...alerts.map((alert) => later(held.get(alert.alert_id), alert))];
}

// The one that changed last: the stream may have told more than the answer that was under way.
function later(held, answered) {
  return held && held.changed_at > answered.changed_at ? held : answered;
}

// Forget what customers said: what is not listened to would not hear that a person is to be forgotten.
export function forgetAnswers() {
  known.alerts = [];
  known.behind = null;
}

// The alerts that have a place in the list.
export function listedAlerts() {
  const now = Date.now() + known.skewMs;
  return known.alerts.filter((alert) => isListed(alert, now));
}

function alertsPath() {
  const query = new URLSearchParams({ limit: ALERTS_MAX });
  if (view.store !== null) query.set("store", view.store);
  if (view.store !== null || view.scope === "brand") query.set("brand", chosenBrand() ?? "");
  return `/v1/alerts?${query}`;
}

function isWanted(alert) {
  if (view.store !== null) return alert.brand === view.brand && alert.store === view.store;
  return view.scope === "all" || alert.brand === chosenBrand();
}

export function learnBrand(brand) {
  known.brands.set(brand.brand, brand);
  known.rowsAreStale = true;
}

export function learnStore(store) {
  known.rowsAreStale = true;
  if (view.store === store.store && view.brand === store.brand) known.store = store;
  const isThis = (row) => row.store === store.store && row.brand === store.brand;
  known.rows = known.rows.map((row) => (isThis(row) ? { ...store, weeks: row.weeks } : row));
}

// Take an alert as it stands by now: "new", "changed", or null where it is none to show.
export function learnAlert(alert) {
  if (!isWanted(alert)) return null;
  const index = known.alerts.findIndex((each) => each.alert_id === alert.alert_id);
  if (index >= 0) {
    known.alerts = known.alerts.with(index, alert);
    return "changed";
  }
  if (alert.kind === "retracted") return null;
  known.alerts = [alert, ...known.alerts].slice(0, ALERTS_MAX);
  return "new";
}
