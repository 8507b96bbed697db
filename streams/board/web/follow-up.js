// What is known of the desk, of one case and of the turnaround, and what is chosen there.

import { get, post } from "./source.js";
import { view } from "./state.js";

export const DESK_STEP = 50;
const DESK_MAX = 500;
const STORES_MAX = 500;

export const desk = { limit: DESK_STEP };
export const held = { desk: null, case: null, caseIsMissing: false, brands: null, stores: null };

let key = null;

export async function refreshDesk() {
  const asked = deskAddress();
  const found = await get(asked);
  if (view.page === "desk" && asked === deskAddress()) held.desk = found;
}

function deskAddress() {
  const given = Object.entries(view.filters).filter(([, value]) => value);
  return `/v1/desk?${new URLSearchParams([...given, ["limit", Math.min(desk.limit, DESK_MAX)]])}`;
}

export async function refreshCase() {
  const { caseId } = view;
  const found = await get(`/v1/cases/${encodeURIComponent(caseId)}`, { missing: null });
  if (caseId !== view.caseId) return;
  held.case = found;
  held.caseIsMissing = found === null;
}

// The case that is looked at, however it is named; null while it is not there.
export function shownCase() {
  const names = held.case?.alerts.map((alert) => alert.alert_id) ?? [];
  return names.includes(view.caseId) || held.case?.case_id === view.caseId ? held.case : null;
}

export async function refreshTurnaround() {
  const { brand } = view;
  const asked = brand === null ? null : `/v1/turnaround/${encodeURIComponent(brand)}?limit=${STORES_MAX}`;
  const [every, one] = await Promise.all([get("/v1/turnaround"), asked && get(asked, { missing: null })]);
  if (brand !== view.brand) return;
  held.brands = every.brands;
  held.stores = one;
}

// Forget what customers said, and what was noted about them.
export function forgetCases() {
  held.desk = null;
  held.case = null;
}

// Have something done about the case; gives {status, detail}. The same `action_id` is the same action.
export async function act(alertId, action) {
  key ??= (await get("/v1/desk/key")).key;
  const answer = await post(`/v1/cases/${encodeURIComponent(alertId)}/actions`, action, key);
  if (answer.status === 401) key = null; // the board has another token by now
  return answer;
}

// A key for one action: what is sent twice under it is done once.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
