// How the unhappy are answered: figures that a chain can show to its customers. No names, and none of few cases.

import { h } from "./dom.js";
import { count, plural } from "./figures.js";
import { duration, percent } from "./words.js";

export function turnaroundPath(brand) {
  return `#/turnaround/${encodeURIComponent(brand)}`;
}

export function turnaroundCard(brand, isChosen) {
  const current = isChosen ? "true" : null;
  return h(
    "li",
    {},
    h(
      "a",
      { class: "card turn-card", href: turnaroundPath(brand.brand), "aria-current": current },
      h("span", { class: "card-head" }, h("span", { class: "name", dir: "auto" }, brand.brand)),
      figures(brand),
    ),
  );
}

function figures(brand) {
  if (brand.withheld || brand.in_time_share === null) {
    return [h("span", { class: "numeral" }, "—"), h("span", { class: "fine" }, absence(brand))];
  }
  const { contact, contactable } = brand;
  const median = contact.median_s === null ? "not known yet, too few were contacted" : duration(contact.median_s);
  return [
    h("span", { class: "numeral" }, percent(brand.in_time_share)),
    h("span", {}, "of unhappy customers contacted within 48 hours"),
    h("span", { class: "share", "aria-hidden": "true" }, h("span", { "--used": `${brand.in_time_share * 100}%` })),
    h("span", {}, `Median time to contact: ${median}, those who still wait counted`),
    h("span", { class: "fine" }, `${plural(contactable, "customer", "customers")} who can be contacted, of ${plural(brand.cases, "case", "cases")} in the last 30 days`),
  ];
}

function absence({ cases, withheld }) {
  if (withheld) return "withheld: so few cases would say what became of single customers";
  return cases === 0 ? "no cases in the last 30 days" : "nobody who can be contacted in the last 30 days";
}

// The stores of a brand as a table.
export function storesTable(found) {
  if (found === null) return [];
  if (found.total === 0) return [h("p", { class: "empty" }, "No cases in the last 30 days.")];
  const names = ["Store", "Cases", "Within 48 h", "Median to contact", "Still waiting"];
  const head = h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)));
  const rows = found.stores.map((store) =>
    h("tr", { class: store.withheld ? "few" : null }, h("th", { scope: "row", dir: "auto" }, store.store), cells(store).map((cell) => h("td", {}, cell))),
  );
  const left = found.total - found.stores.length;
  return [
    h("h2", {}, "Stores of ", h("bdi", {}, found.brand)),
    h("div", { class: "scroll turn-stores", tabindex: "0", role: "group", "aria-label": "Stores" }, h("table", {}, h("thead", {}, head), h("tbody", {}, rows))),
    left > 0 ? h("p", { class: "fine" }, `and ${count(left)} more`) : null,
  ].filter(Boolean);
}

function cells(store) {
  if (store.withheld) return [count(store.cases), "withheld", "", ""];
  return [count(store.cases), percent(store.in_time_share), duration(store.contact.median_s), count(store.contact.waiting)];
}
