// What becomes of a case in words. Pure: no page, no clock.

import { oneDecimal, span } from "./figures.js";

const SOON_MS = 6 * 3600000;

// How long until the customer must have been contacted, and how pressing that is.
export function timeLeft(item, now) {
  if (item.contacted_at !== null) return { text: `contacted ${passed(item.contacted_at, now)}`, urgency: "met" };
  if (!item.waits) return { text: status(item.status), urgency: "met" };
  const left = Date.parse(item.due_at) - now;
  if (left < 0) return { text: `${span(left)} overdue`, urgency: "over" };
  return { text: `${span(left)} left`, urgency: left < SOON_MS ? "soon" : "calm" };
}

function passed(at, now) {
  const ms = now - Date.parse(at);
  return ms < 60000 ? "just now" : `${span(ms)} ago`;
}

// How much of the time to contact the customer is used up, from 0 to 1.
export function shareUsed(item, now) {
  const [from, to] = [Date.parse(item.submitted_at), Date.parse(item.due_at)];
  return Math.min(1, Math.max(0, (now - from) / Math.max(1, to - from)));
}

const GROUPS = { over: "Overdue", soon: "Within 6 hours", calm: "Later", met: "Contacted, to be resolved" };

// Under which heading a case is listed.
export function group(item, now) {
  return GROUPS[timeLeft(item, now).urgency];
}

export function status(name) {
  return name ?? "unknown";
}

const REASONS = {
  score: "low score",
  contact_requested: "asked to be contacted",
  no_reason: "gave no reason",
  vip: "VIP store",
  repeat: "unhappy before",
};

// Why an alert is as pressing as it is: "theme:safety" is "safety".
export function reason(name) {
  return REASONS[name] ?? name.replace(/^theme:/, "").replaceAll("_", " ");
}

// Who is to act: "region:Sud-Est" is "region Sud-Est".
export function owner(name) {
  return name.replace(/^(region|brand):/, "$1 ");
}

const MOVES = {
  acknowledged: { button: "Acknowledge", done: "Acknowledged" },
  contacted: { button: "Contacted", done: "Contacted" },
  resolved: { button: "Resolve", done: "Resolved" },
  dismissed: { button: "Dismiss", done: "Dismissed" },
  reopened: { button: "Reopen", done: "Reopened" },
  noted: { button: "Add a note", done: "Noted" },
  rated: { button: "Rate the reply", done: "Rated" },
};

// What a button says.
export function button(action) {
  return MOVES[action]?.button ?? choice(action);
}

const REFUSALS = {
  illegal_transition: "somebody else was faster, and the case has moved on",
  timestamp_in_future: "its time is in the future",
};

// Why a worker would not take an action.
export function refusal(reason) {
  return REFUSALS[reason] ?? `the worker says ${reason}`;
}

const CHOICES = {
  call: "Called",
  message: "Wrote",
  visit: "Met in person",
  not_reachable: "Not reachable",
  no_contact_wanted: "Wants no contact",
  not_genuine: "Not genuine",
  not_ours: "Not ours",
};

// What a choice among several says.
export function choice(value) {
  return CHOICES[value] ?? sentence(String(value).replaceAll("_", " "));
}

export function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const NEEDS = { channel: "How", reason: "Why", quality: "Rating by the customer, 5 is best", note: "Note" };

// What stands before the choices of an action.
export function need(name) {
  return NEEDS[name] ?? choice(name);
}

const LEVELS = {
  acknowledge: "Not acknowledged in time",
  warning: "Half of the time is over",
  breach: "Not contacted in time",
  second: "Still not contacted: second level",
  store_closed: "The store has closed",
  store_moved: "The store has moved",
};

const RETRACTIONS = {
  deleted: "Retracted: answer deleted",
  excluded: "Retracted: answer excluded from the figures",
  forgotten: "The customer asked to be forgotten",
};

// An event of a story in a few words. `others` gives the score of another alert by its id.
export function happened(event, others) {
  const by = event.action ? ` by ${event.action.actor ?? "somebody"}` : "";
  if (event.kind in MOVES) return `${MOVES[event.kind].done}${by}${how(event)}`;
  if (event.kind === "raised") return `Alert raised: ${event.score} of 10, ${event.severity}`;
  if (event.kind === "attached") {
    return `Unhappy once more${event.alert_ids.map((id) => (others(id) === undefined ? "" : `: ${others(id)} of 10`)).join("")}`;
  }
  if (event.kind === "enriched") return enriched(event, by);
  if (event.kind === "escalated") return `${LEVELS[event.escalation?.level] ?? "Escalated"}, now with ${owner(event.owner)}`;
  if (event.kind === "breached") return LEVELS.breach;
  if (event.kind === "expired") return "Expired: nobody ended it";
  if (event.kind === "retracted") return RETRACTIONS[event.reason] ?? `Retracted: answer changed to ${event.score}`;
  return choice(event.kind);
}

function how({ action, reason: why }) {
  if (why) return `: ${choice(why).toLowerCase()}`;
  return action?.channel ? `: ${choice(action.channel).toLowerCase()}` : "";
}

function enriched({ changes, action, previous_score: before, score }, by) {
  if (action) return changes.includes("quality") ? `Reply rated ${action.quality} of 5${by}` : `Noted${by}`;
  const told = [
    changes.includes("score") ? `answer changed from ${before} to ${score}` : "",
    changes.includes("comment") ? "a comment came" : "",
    changes.includes("contact") ? "contact changed" : "",
  ].filter(Boolean);
  return sentence(told.join(", ") || "changed");
}

// A share as it is, not rounded up to what it is not.
export function percent(share) {
  return share === null ? "—" : `${oneDecimal(share * 100)} %`;
}

// How long something takes; a dash where too few came to it to tell.
export function duration(seconds) {
  return seconds === null || seconds === undefined ? "—" : span(seconds * 1000);
}
