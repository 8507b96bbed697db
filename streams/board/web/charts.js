// Small pictures of a score over time, as SVG: the interval as a band, gaps where nobody answered.

import { h, svg } from "./dom.js";
import { absence, answers, boundsWords, isShown, oneDecimal } from "./figures.js";

// How large a picture is: three of them stand side by side, under the brands or on the narrower view of a store.
export const WIDE = { width: 400, height: 96 };
export const NARROW = { width: 250, height: 110 };

const LEFT = 30;
const RIGHT = 6;
const TOP = 6;
const BOTTOM = 18;
const STEPS = [10, 20, 25, 50, 100];
const TICKS_MAX = 4;
const SPAN_MIN = 40;

const UNITS = {
  days: { title: "days", one: "day" },
  weeks: { title: "weeks", one: "week" },
  months: { title: "months", one: "month" },
};

const utc = (year, month, dayOfMonth) => new Date(Date.UTC(year, month, dayOfMonth));

// The first day of a period: `2026-03-14`, `2026-W11` or `2026-03`.
function firstDay(period) {
  const [year, rest, dayOfMonth] = period.split("-");
  if (!rest.startsWith("W")) return utc(Number(year), Number(rest) - 1, Number(dayOfMonth ?? 1));
  // The fourth of January is in the first week; weeks begin on Mondays.
  const fourth = utc(Number(year), 0, 4);
  const monday = 4 - ((fourth.getUTCDay() + 6) % 7);
  return utc(Number(year), 0, monday + 7 * (Number(rest.slice(1)) - 1));
}

const format = (period, options) =>
  firstDay(period).toLocaleDateString("en-GB", { timeZone: "UTC", ...options });

// A period as people call it; `short` for an axis.
function periodName(period) {
  if (period.includes("W")) return `week of ${format(period, { day: "numeric", month: "long", year: "numeric" })}`;
  if (period.length === 7) return format(period, { month: "long", year: "numeric" });
  const weekday = format(period, { weekday: "short" });
  return `${weekday} ${format(period, { day: "numeric", month: "long", year: "numeric" })}`;
}

function shortName(period) {
  if (period.length === 7) return format(period, { month: "short", year: "numeric" });
  const year = period.includes("W") ? { year: "numeric" } : {};
  return format(period, { day: "numeric", month: "short", ...year });
}

// What a period says, in a line: for a tooltip.
function sentence(point) {
  const state = point.state === "restated" ? `, restated: it said ${before(point.was)}` : `, ${point.state}`;
  const said = isShown(point) ? `${oneDecimal(point.nps)} (${boundsWords(point)}), ${answers(point.n)}` : reason(point);
  return `${periodName(point.period)}: ${said}${state}`;
}

function before(was) {
  return `${was.nps === null ? "" : `${oneDecimal(was.nps)} of `}${answers(was.n)}`;
}

function reason(point) {
  return point.n === 0 ? "nobody answered" : `${answers(point.n)}, score withheld`;
}

// From the lowest to the highest that is to be shown, on round numbers, and the lines between.
function scale(points) {
  const shown = points.filter(isShown);
  let low = Math.min(...shown.map((point) => point.low));
  let high = Math.max(...shown.map((point) => point.high));
  if (!shown.length) [low, high] = [-50, 50];
  const lack = Math.max(0, SPAN_MIN - (high - low)) / 2;
  [low, high] = [Math.max(-100, low - lack), Math.min(100, high + lack)];
  const step = STEPS.find((each) => (high - low) / each <= TICKS_MAX) ?? STEPS.at(-1);
  [low, high] = [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  const ticks = [];
  for (let tick = low; tick <= high; tick += step) ticks.push(tick);
  return { low, high, ticks };
}

// Runs of neighbours that have a score: a gap ends one.
function runs(points) {
  const found = [];
  points.forEach((point, index) => {
    if (!isShown(point)) return;
    if (index === 0 || !isShown(points[index - 1])) found.push([]);
    found.at(-1).push({ ...point, index });
  });
  return found;
}

const at = (...numbers) => numbers.map((number) => number.toFixed(1)).join(" ");

// The interval of a run as a band; where one period stands alone, as wide as the period.
function band(run, x, y, half) {
  const edge = run.length === 1 ? [-half, half] : [0];
  const corners = run.flatMap((point) => edge.map((by) => [x(point.index) + by, point]));
  const upper = corners.map(([across, point]) => at(across, y(point.high)));
  const lower = corners.reverse().map(([across, point]) => at(across, y(point.low)));
  return svg("path", { class: "band", d: `M${upper.join("L")}L${lower.join("L")}Z` });
}

// The lines of a run, those of provisional periods by themselves.
function lines(run, x, y) {
  return run.slice(1).map((point, index) => {
    const from = run[index];
    return svg("line", {
      class: point.state === "provisional" ? "line provisional" : "line",
      x1: x(from.index).toFixed(1),
      y1: y(from.nps).toFixed(1),
      x2: x(point.index).toFixed(1),
      y2: y(point.nps).toFixed(1),
    });
  });
}

function mark(point, index, x, y, { height }) {
  const across = x(index).toFixed(1);
  if (isShown(point)) {
    const dot = { class: `dot ${point.state}`, cx: across, cy: y(point.nps).toFixed(1), r: 2 };
    return point.state === "restated" ? [svg("circle", { ...dot, class: "ring", r: 4 }), svg("circle", dot)] : svg("circle", dot);
  }
  if (point.n === 0) return null;
  return svg("line", { class: "hidden-score", x1: across, x2: across, y1: height - BOTTOM, y2: height - BOTTOM - 4 });
}

function axis(ticks, y, points, { width, height }) {
  const right = width - RIGHT;
  const rules = ticks.flatMap((tick) => [
    svg("line", { class: tick === 0 ? "rule zero" : "rule", x1: LEFT, x2: right, y1: y(tick), y2: y(tick) }),
    svg("text", { class: "tick", x: LEFT - 5, y: y(tick) + 3, "text-anchor": "end" }, String(tick).replace("-", "−")),
  ]);
  const base = height - 4;
  return [
    rules,
    svg("text", { class: "tick", x: LEFT, y: base }, shortName(points[0].period)),
    svg("text", { class: "tick", x: right, y: base, "text-anchor": "end" }, shortName(points.at(-1).period)),
  ];
}

function drawing(points, label, size) {
  const { width, height } = size;
  const bounds = scale(points);
  const step = (width - LEFT - RIGHT) / points.length;
  const x = (index) => LEFT + step * (index + 0.5);
  const y = (value) => TOP + ((bounds.high - value) / (bounds.high - bounds.low)) * (height - TOP - BOTTOM);
  const over = points.map((point, index) =>
    svg(
      "rect",
      { class: "over", x: (x(index) - step / 2).toFixed(1), y: 0, width: step.toFixed(1), height: height - BOTTOM },
      svg("title", {}, sentence(point)),
    ),
  );
  const found = runs(points);
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    axis(bounds.ticks, y, points, size),
    found.map((run) => band(run, x, y, step / 2)),
    found.flatMap((run) => lines(run, x, y)),
    points.flatMap((point, index) => mark(point, index, x, y, size)),
    over,
  );
}

function summary(points, unit) {
  const shown = points.filter(isShown);
  const span = `${points.length} ${UNITS[unit].title}, from ${periodName(points[0].period)}`;
  if (!shown.length) return `${span}: no score to show`;
  const scores = shown.map((point) => point.nps);
  const [lowest, highest] = [Math.min(...scores), Math.max(...scores)].map(oneDecimal);
  const restated = points.filter((point) => point.state === "restated").length;
  const gaps = points.length - shown.length;
  return [
    `${span}: between ${lowest} and ${highest}, last ${oneDecimal(shown.at(-1).nps)}`,
    gaps ? `${gaps} without a score` : null,
    restated ? `${restated} restated` : null,
  ].filter(Boolean).join(", ");
}

function table(points, unit) {
  const cell = (text) => h("td", {}, text);
  const rows = points.filter((point) => point.n > 0).reverse().map((point) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, periodName(point.period)),
      cell(isShown(point) ? oneDecimal(point.nps) : absence(point)),
      cell(boundsWords(point)),
      cell(String(point.n)),
      cell(point.state === "restated" ? `restated: said ${before(point.was)}` : point.state),
    ),
  );
  const head = ["Score", "Range", "Answers", "State"].map((name) => h("th", { scope: "col" }, name));
  const first = h("th", { scope: "col" }, UNITS[unit].one[0].toUpperCase() + UNITS[unit].one.slice(1));
  const body = rows.length ? rows : [h("tr", {}, h("td", { colspan: 5 }, "Nobody answered."))];
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `The ${UNITS[unit].title} as a table` },
    h("table", {}, h("thead", {}, h("tr", {}, first, head)), h("tbody", {}, body)));
}

// One picture with its title and its numbers as a table.
function chart(points, unit, size) {
  return h(
    "figure",
    { class: "chart" },
    h("figcaption", {}, `${points.length} ${UNITS[unit].title}`),
    drawing(points, summary(points, unit), size),
    h("details", { class: "numbers" }, h("summary", {}, "As a table"), table(points, unit)),
  );
}

// The three pictures of a trend: days, weeks and months.
export function charts(trends, size) {
  return Object.keys(UNITS).map((unit) => chart(trends[unit], unit, size));
}

const WORD = { width: 84, height: 26, pad: 3 };

// The last weeks, the size of a word; what it shows is said beside it. Nothing where there are no two weeks to show.
export function sparkline(weeks) {
  const points = weeks?.nps.map((nps, index) => ({ nps, index, state: weeks.state[index] })) ?? [];
  const shown = points.filter(isShown);
  if (shown.length < 2) return h("span", { class: "spark" });
  const scores = shown.map((point) => point.nps);
  const middle = (Math.max(...scores) + Math.min(...scores)) / 2;
  const half = Math.max(SPAN_MIN, Math.max(...scores) - Math.min(...scores)) / 2;
  const x = (index) => WORD.pad + (index / (points.length - 1)) * (WORD.width - 2 * WORD.pad);
  const y = (value) => WORD.pad + ((middle + half - value) / (2 * half)) * (WORD.height - 2 * WORD.pad);
  const last = shown.at(-1);
  const words = `Weeks: from ${oneDecimal(scores[0])} to ${oneDecimal(last.nps)}.`;
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${WORD.width} ${WORD.height}`, "aria-hidden": "true" },
    Math.abs(middle) < half ? svg("line", { class: "rule zero", x1: 0, x2: WORD.width, y1: y(0), y2: y(0) }) : null,
    runs(points).flatMap((run) => lines(run, x, y)),
    runs(points).filter((run) => run.length === 1).map(([point]) => svg("circle", { class: "dot", cx: x(point.index), cy: y(point.nps), r: 1.4 })),
    svg("circle", { class: `dot ${last.state}`, cx: x(last.index), cy: y(last.nps), r: 2.4 }),
  );
  return h("span", { class: "spark" }, picture, h("span", { class: "unseen" }, words));
}

// How many answers there were of each score, in the colours of their bands.
export function histogram(counts) {
  const most = Math.max(1, ...counts);
  const bandOf = (score) => (score < 7 ? "detractors" : score < 9 ? "passives" : "promoters");
  return h(
    "ol",
    { class: "histogram", "aria-label": "Answers by score" },
    counts.map((count, score) =>
      h(
        "li",
        { title: `${score}: ${answers(count)}` },
        h("span", { class: "much", "aria-hidden": "true" }, count ? String(count) : ""),
        h("span", { class: `bar ${bandOf(score)}`, "--share": String(count / most) }),
        h("span", { class: "of", "aria-hidden": "true" }, String(score)),
        h("span", { class: "unseen" }, `${score}: ${answers(count)}`),
      ),
    ),
  );
}
