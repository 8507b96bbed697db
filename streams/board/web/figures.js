// What figures look like in words and digits. Pure: no page, no clock.

export const WINDOWS = ["24h", "7d", "30d", "90d", "365d", "all"];

// `before` is the window just before; `rest` what a record of the first release is compared with.
export const PERIODS = {
  "24h": { short: "24 h", long: "last 24 hours", before: "the 24 hours before", rest: "the days before" },
  "7d": { short: "7 d", long: "last 7 days", before: "the 7 days before", rest: "the 23 days before" },
  "30d": { short: "30 d", long: "last 30 days", before: "the 30 days before", rest: "the 60 days before" },
  "90d": { short: "90 d", long: "last 90 days", before: "the 90 days before", rest: "the 275 days before" },
  "365d": { short: "1 y", long: "last 365 days", before: "the 365 days before", rest: "all the time before" },
  all: { short: "All", long: "all answers ever counted", before: "", rest: "" },
};

export const SMALL = 5;
export const BINS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

// When the answers of a window came in, to end a sentence with.
export function within(window) {
  return window === "all" ? "in all" : `in the ${PERIODS[window].long}`;
}

const NOBODY = { n: 0, promoters: 0, passives: 0, detractors: 0, nps: null, low: null, high: null, mean: null };
const NOTHING = { ...NOBODY, histogram: null, confidence: "none", withheld: false, previous: null, year_ago: null };

// The figures of one window of a brand or a store; a brand whose own record is not there yet has none.
export function figuresOf(standing, window) {
  return standing.windows[window] ?? NOTHING;
}

// Whether there is a score to show.
export function isShown({ nps }) {
  return nps !== null;
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

// A difference: one decimal and a sign.
export function signed(points) {
  const text = oneDecimal(points);
  return points > 0 && text !== "0.0" ? `+${text}` : text;
}

export function count(n) {
  return n.toLocaleString("en");
}

export function plural(n, one, many) {
  return `${count(n)} ${n === 1 ? one : many}`;
}

export const answers = (n) => plural(n, "answer", "answers");

export function bandWords({ promoters, passives, detractors }) {
  return [
    plural(promoters, "promoter", "promoters"),
    plural(passives, "passive", "passives"),
    plural(detractors, "detractor", "detractors"),
  ].join(", ");
}

export function boundsWords({ low, high }) {
  return low === null ? "" : `${oneDecimal(low)} to ${oneDecimal(high)}`;
}

// Why there is no score, in a word or two.
export function absence({ n }) {
  return n === 0 ? "no answers" : "withheld";
}

// And in a sentence.
export function withheldWords({ n, withheld }) {
  if (!withheld) return "";
  if (n < SMALL) return `A score of fewer than ${SMALL} answers is shown only with the board’s token.`;
  return `Shown only with the board’s token: it would give away a score of fewer than ${SMALL} answers.`;
}

// What a score says for sure: on which side of zero its whole interval lies.
export function side(figures) {
  if (figures.low > 0) return "above";
  return figures.high < 0 ? "below" : "either";
}

export const ARROWS = { up: "↑", down: "↓", steady: "", unknown: "" };

const VERDICTS = { up: "more than chance", down: "more than chance", steady: "within chance" };

// What a window is compared with, to follow "since" or to stand alone.
function earlierPeriod(earlier, window) {
  if (earlier.against === "year_ago") return "the same time a year ago";
  return earlier.against === "before" ? PERIODS[window].before : PERIODS[window].rest;
}

// A change in two or three words: "+8.0, more than chance". Nothing where there is nothing to compare.
export function changeWords(earlier) {
  if (!earlier || earlier.difference === null) return "";
  return `${signed(earlier.difference)}, ${VERDICTS[earlier.direction]}`;
}

// A change and since when: "+8.0 since the 30 days before: more than chance". Words as well where there is none.
export function changeSentence(earlier, window) {
  if (!earlier) return "";
  const period = earlierPeriod(earlier, window);
  if (earlier.n === 0) return `Nobody answered in ${period}`;
  if (earlier.difference === null) return `No comparison with ${period}`;
  const since = earlier.against === "year_ago" ? `against ${period}` : `since ${period}`;
  return `${signed(earlier.difference)} ${since}: ${VERDICTS[earlier.direction]}`;
}

// The two sides of a comparison, for those who want to know.
export function changeDetail(earlier, window) {
  if (!earlier || earlier.nps === null) return "";
  const few = earlier.n < 30 ? ", few" : "";
  const period = earlierPeriod(earlier, window);
  return `${oneDecimal(earlier.nps)} in ${period} (${boundsWords(earlier)}, ${answers(earlier.n)}${few})`;
}

const ALARMS = { drop: "Score fell", rise: "Score rose", burst: "Burst of low answers" };

// What an alarm is about, in two or three words.
export function alarmName(alarm) {
  return ALARMS[alarm.rule] ?? "Alarm";
}

// Whether an alarm asks somebody to go and look; a score that rose does not.
export function isCalling(alarm) {
  return alarm.rule !== "rise";
}

function stretch({ from, to }) {
  const last = new Date(Date.parse(to) - 1).toISOString();
  const days = (Date.parse(to) - Date.parse(from)) / 86400000;
  if (days < 1) return `from ${clock(from)} to ${clock(to)} UTC on ${day(from)}`;
  return from.slice(0, 10) === last.slice(0, 10) ? `on ${day(from)}` : `from ${day(from)} to ${day(last)}`;
}

function evidence(window) {
  const said = window.nps === null ? "" : `${oneDecimal(window.nps)} (${boundsWords(window)}), `;
  return `${said}${answers(window.n)} ${stretch(window)}`;
}

// The evidence of an alarm, in a sentence or two.
export function alarmSentence(alarm) {
  if (alarm.baseline === null) {
    const low = alarm.current.detractors === null ? "" : `, ${count(alarm.current.detractors)} of them 0 to 6`;
    return `${answers(alarm.current.n)} ${stretch(alarm.current)}${low}.`;
  }
  const moved = alarm.difference === null ? "" : `${signed(alarm.difference)} points, far more than chance. `;
  return `${moved}Now ${evidence(alarm.current)}; before ${evidence(alarm.baseline)}.`;
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

// Why nobody is to be called back any longer.
export function retraction(alert) {
  if (alert.reason === "not_detractor") return `answer changed to ${alert.score}`;
  if (alert.reason === "deleted") return "answer deleted";
  if (alert.reason === "excluded") return "answer excluded from the figures";
  return alert.forgotten ? "customer asked to be forgotten" : "retracted";
}

// An instant on the clock of who looks.
export function moment(at) {
  return new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

function day(at) {
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}

function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
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
