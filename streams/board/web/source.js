// Where the figures come from: the API and its stream, at the same address as the page.

const RETRY_MS = 5000;

// The board did not answer, or not with a document.
export class Unanswered extends Error {}

// A document of the API; `missing` is given back where it says 404. Anything else is thrown as Unanswered.
export async function get(path, { missing } = {}) {
  try {
    const response = await fetch(path, { headers: { Accept: "application/json" } });
    if (response.status === 404 && missing !== undefined) return missing;
    if (response.status === 401) location.reload(); // to the form that asks for the token
    if (response.ok) return await response.json();
  } catch (error) {
    throw new Unanswered(path, { cause: error });
  }
  throw new Unanswered(path);
}

// Have the board do something; gives its status, and in words what was wrong. `key` lets the page act.
export async function post(path, document, key) {
  try {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${key}` };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(document), credentials: "omit" });
    const { detail = "" } = await response.json();
    return { status: response.status, detail };
  } catch (error) {
    throw new Unanswered(path, { cause: error });
  }
}

// Listen to the stream, of all brands or with the stores of one; `on` has a function for each event, `open` and `lost`.
export function follow(brand, on) {
  const path = brand === null ? "/v1/stream" : `/v1/stream?brand=${encodeURIComponent(brand)}`;
  let source;
  let retry;
  let lost = false;

  function begin() {
    source = new EventSource(path);
    source.addEventListener("open", () => {
      lost = false;
      on.open();
    });
    source.addEventListener("error", () => {
      lost = true;
      on.lost();
      // A browser tries again by itself, but not after a refusal.
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(begin, RETRY_MS);
    });
    for (const name of ["status", "brand", "store", "trend", "alert", "cases"]) {
      source.addEventListener(name, (event) => on[name](JSON.parse(event.data)));
    }
  }

  begin();
  return {
    isLost: () => lost,
    end() {
      clearTimeout(retry);
      source.close();
    },
  };
}
