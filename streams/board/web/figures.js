// What figures look like in words and digits. Pure: no page, no clock.

export const WINDOWS = ["24h", "7d", "30d", "90d", "365d", "all"];

export const PERIODS = {
  "24h": { short: "24 h", long: "last 24 hours", before: "the days before" },
  "7d": { short: "7 d", long: "last 7 days", before: "the 23 days before" },
  "30d": { short: "30 d", long: "last 30 days", before: "the 60 days before" },
  "90d": { short: "90 d", long: "last 90 days", before: "the 275 days before" },
  "365d": { short: "1 y", long: "last 365 days", before: "all the time before" },
  all: { short: "All", long: "all answers ever counted", before: null },
};

// When the answers of a window came in, to end a sentence with.
export function within(window) {
  return window === "all" ? "in all" : `in the ${PERIODS[window].long}`;
}

const NOBODY = { n: 0, promoters: 0, passives: 0, detractors: 0, nps: null, low: null, high: null };
const NOTHING = { ...NOBODY, confidence: "none", trend: null };

// The figures of one window of a brand or a store; a brand whose own record is not there yet has none.
export function figuresOf(standing, window) {
  return standing.windows[window] ?? NOTHING;
}

// One decimal, half away from zero, decided on the shortest decimal form and not on the binary one; U+2212 for minus.
export function oneDecimal(value) {
  if (value === null || value === undefined) return "—";
  const text = Math.abs(value).toString();
  if (text.includes("e")) return Math.abs(value) < 1 ? "0.0" : text;
  const [whole, fraction = ""] = text.split(".");
  let tenths = BigInt(whole) * 10n + BigInt(fraction[0] ?? 0);
  if ((fraction[1] ?? "0") >= "5") tenths += 1n;
  const sign = value < 0 && tenths > 0n ? "−" : "";
  return `${sign}${tenths / 10n}.${tenths % 10n}`;
}

export function count(n) {
  return n.toLocaleString("en");
}

export function plural(n, one, many) {
  return `${count(n)} ${n === 1 ? one : many}`;
}

export function bandWords({ promoters, passives, detractors }) {
  return [
    plural(promoters, "promoter", "promoters"),
    plural(passives, "passive", "passives"),
    plural(detractors, "detractor", "detractors"),
  ].join(", ");
}

// What a score says for sure: on which side of zero its whole interval lies.
export function side(figures) {
  if (figures.low > 0) return "above";
  return figures.high < 0 ? "below" : "either";
}

export const ARROWS = { up: "↑", down: "↓", steady: "→", unknown: "" };

// A trend in a few words, and against what, which a small screen may leave out.
export function trendWords(trend, window) {
  if (!trend) return { moved: "", against: PERIODS[window].before === null ? PERIODS[window].long : "" };
  const before = PERIODS[window].before;
  if (trend.direction === "unknown") return { moved: "", against: "too few answers to compare" };
  if (trend.direction === "steady") return { moved: "steady", against: `against ${before}` };
  return { moved: `${trend.direction} ${oneDecimal(Math.abs(trend.change))}`, against: `on ${before}` };
}

// A trend in full, for a tooltip and for a store's own view.
export function trendSentence(figures, window) {
  const { trend } = figures;
  if (!trend) return "";
  const before = PERIODS[window].before;
  if (trend.direction === "unknown") {
    const counts = `${count(figures.n)} now, ${count(trend.before.n)} in ${before}`;
    return `A comparison needs 30 answers on both sides: ${counts}.`;
  }
  const now = `${oneDecimal(figures.nps)} in the ${PERIODS[window].long}`;
  const then = `${oneDecimal(trend.before.nps)} in ${before} (${plural(trend.before.n, "answer", "answers")})`;
  if (trend.direction === "steady") {
    return `Steady: ${now}, ${then}. The two ranges overlap, so the difference may be chance.`;
  }
  const moved = `${trend.direction === "up" ? "Up" : "Down"} ${oneDecimal(Math.abs(trend.change))} points`;
  return `${moved}: ${now}, ${then}. The two ranges do not overlap.`;
}

// A span of time, as precise as it matters.
export function span(ms) {
  const minutes = Math.max(1, Math.floor(Math.abs(ms) / 60000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 6 && minutes % 60) return `${hours} h ${minutes % 60} min`;
  return hours < 72 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

// How long until somebody must have called, and how pressing that is.
export function due(dueAt, now) {
  const left = Date.parse(dueAt) - now;
  if (left < 0) return { text: `was due ${span(left)} ago`, urgency: "over" };
  return { text: `call within ${span(left)}`, urgency: left < 6 * 3600000 ? "soon" : "calm" };
}

export function ago(at, now) {
  const past = now - Date.parse(at);
  return past < 60000 ? "just now" : `${span(past)} ago`;
}

// Whether the customer may be contacted.
export function consent(alert) {
  if (!alert.customer_ref) return "customer not known";
  return alert.contactable ? "may be contacted" : "no consent to be contacted";
}

// An instant on the clock of who looks.
export function moment(at) {
  return new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

// A language tag fit for the lang attribute, else none.
export function languageTag(language) {
  return /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(language ?? "") ? language : null;
}

// A link that may be followed: http and https alone, for it comes from a topic.
export function safeLink(link) {
  try {
    const url = new URL(link ?? "");
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}
