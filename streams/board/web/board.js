// The board: asks and listens, and does what people ask for.

import * as deskPage from "./desk-page.js";
import {
  part,
  renderAlerts,
  renderAll,
  renderBrands,
  renderConnection,
  renderControls,
  renderPictures,
  renderRows,
  renderStore,
  renderVotes,
  welcome,
} from "./render.js";
import { Unanswered, follow } from "./source.js";
import {
  ALERTS_STEP,
  STORES_STEP,
  addressFor,
  askBehind,
  chosenBrand,
  forgetAnswers,
  known,
  learnAlert,
  learnBrand,
  learnStatus,
  learnStore,
  readAddress,
  refreshAlerts,
  refreshBrands,
  refreshStatus,
  refreshStore,
  refreshStores,
  refreshTrends,
  view,
} from "./state.js";

const START_AGAIN_MS = 3000;
const REORDER_MS = 5000;
const CLOCK_MS = 20000;
const ANNOUNCE_MS = 4000;
const TYPING_MS = 150;
const TRENDS_MS = 1000;

let stream = null;
let followed;
let unsaid = [];
let typing;
let drawing;

const act = {
  chooseWindow(window) {
    location.hash = addressFor(window);
  },
  chooseSort(sort) {
    view.sort = sort;
    view.stores = STORES_STEP;
    renderControls(act);
    settle(refreshStores().then(renderRows));
  },
  chooseScope(scope) {
    view.scope = scope;
    view.alerts = ALERTS_STEP;
    settle(refreshAlerts().then(() => renderAlerts(act)));
  },
  askBehind() {
    const answered = askBehind();
    renderVotes(act);
    settle(answered.then(() => renderVotes(act)));
  },
  choosePanel(panel) {
    view.panel = panel;
    renderControls(act);
  },
};

// Listen first and ask then, so that nothing falls between the two; the stream's opening asks for everything.
async function start() {
  try {
    await refreshBrands();
    listen();
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    setTimeout(start, START_AGAIN_MS);
  }
}

async function refresh() {
  await Promise.all([refreshStatus(), refreshBrands()]);
  listen();
  if (deskPage.isHere()) {
    renderAll(act, stream?.isLost());
    await deskPage.refresh();
    return;
  }
  await Promise.all([refreshStores(), refreshStore(), refreshTrends(), refreshAlerts()]);
  renderAll(act, stream?.isLost());
  deskPage.render();
}

function listen() {
  const brand = chosenBrand();
  if (brand === followed || document.hidden) return;
  stream?.end();
  followed = brand;
  stream = follow(brand, {
    open: () => settle(refresh()),
    lost: () => renderConnection(true),
    status(status) {
      const before = known.status?.state;
      learnStatus(status);
      renderConnection(false);
      if (before && before !== "live" && status.state === "live") settle(refresh());
    },
    brand(brand) {
      learnBrand(brand);
      listen();
      renderBrands();
      if (view.page === "turnaround") deskPage.lookAgain();
    },
    cases({ case_ids: caseIds }) {
      deskPage.heard(caseIds);
    },
    store(store) {
      learnStore(store);
      renderRows();
      renderStore();
    },
    trend({ brand, store }) {
      if (brand !== chosenBrand() || store !== view.store) return;
      clearTimeout(drawing);
      drawing = setTimeout(() => settle(refreshTrends().then(renderPictures)), TRENDS_MS);
    },
    alert(alert) {
      const news = learnAlert(alert);
      if (!news) return;
      if (news === "new") unsaid.push(alert);
      const added = renderAlerts(act);
      if (news === "new") added.forEach(welcome);
    },
  });
}

// A list does not change its order under a hand or the keyboard.
function reorder() {
  const rows = part("rows");
  if (!known.rowsAreStale || document.hidden || rows.matches(":hover") || rows.contains(document.activeElement)) return;
  settle(refreshStores().then(renderRows));
}

// Say what came to those who do not see it, now and then and not each by itself.
function announce() {
  const last = unsaid.at(-1);
  if (!last) return;
  part("announce").textContent =
    unsaid.length === 1
      ? `New alert: ${last.severity}, ${last.score} of 10, ${last.store}`
      : `${unsaid.length} new alerts, the last from ${last.store}`;
  unsaid = [];
}

async function go() {
  const before = { brand: chosenBrand(), store: view.store, page: view.page, caseId: view.caseId };
  readAddress();
  deskPage.leave();
  if (before.brand !== chosenBrand()) {
    view.stores = STORES_STEP;
    view.text = part("filter").value = "";
  }
  known.storeIsMissing = false;
  renderControls(act);
  renderVotes(act);
  await refresh();
  if (view.store === before.store && view.page === before.page && view.caseId === before.caseId) return;
  act.choosePanel("stores");
  scrollTo(0, 0);
  const title = part(view.page === "case" ? "case-title" : view.store === null ? "main" : "store-title");
  title?.focus({ preventScroll: true });
}

// What the board did not answer is asked again when the stream is open again; the connection says so meanwhile.
function settle(promise) {
  promise.catch((error) => {
    if (!(error instanceof Unanswered)) throw error;
  });
}

part("filter").addEventListener("input", (event) => {
  view.text = event.target.value;
  view.stores = STORES_STEP;
  clearTimeout(typing);
  typing = setTimeout(() => settle(refreshStores().then(renderRows)), TYPING_MS);
});
part("more").addEventListener("click", () => {
  view.stores += STORES_STEP;
  settle(refreshStores().then(renderRows));
});
part("more-alerts").addEventListener("click", () => {
  view.alerts += ALERTS_STEP;
  renderAlerts(act);
});
part("skip").addEventListener("click", (event) => {
  event.preventDefault();
  part("main").focus();
});
addEventListener("hashchange", () => settle(go()));
// A browser gives one site six connections in all its tabs: a page that nobody sees holds none, nor customers' words.
document.addEventListener("visibilitychange", () => {
  stream?.end();
  stream = null;
  followed = undefined;
  if (document.hidden) {
    forgetAnswers();
    deskPage.forget();
    renderAlerts(act);
    renderVotes(act);
  } else {
    start();
  }
});
setInterval(reorder, REORDER_MS);
setInterval(announce, ANNOUNCE_MS);
setInterval(() => (deskPage.isHere() ? deskPage.render() : renderAlerts(act)), CLOCK_MS);

// Where there is room for it, the brand's pictures are open from the start.
part("brand-over-time").open = matchMedia("(min-width: 60.01rem)").matches;
readAddress();
deskPage.begin();
renderControls(act);
start();
