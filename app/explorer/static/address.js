// The address bar holds the whole state: a question and a view. Following a link to another question fetches that page
// and exchanges the parts of this one; whoever draws a view listens for "questionchange".

const page = "explore";
const parts = ["filters", "answer"];

/** The address of the service, absolute, with a slash at its end. */
export const service = new URL(document.documentElement.dataset.base || "./", location.href);

/** Return the address of something below the service. */
export function below(path) {
  return new URL(path, service);
}

/** Return the parameters of the question that is shown. */
export function question() {
  return new URLSearchParams(location.search);
}

/** Return the question as the API is asked it: without what views alone take; with all its kinds, where wanted. */
export function questionOfApi({ kinds = true } = {}) {
  const shown = document.getElementById("question");
  const asked = new URLSearchParams(shown?.dataset.api ?? "");
  if (kinds && shown?.dataset.kinds) asked.set("kind", shown.dataset.kinds);
  return asked;
}

/** Go to the question that is shown, with other values of some parameters; null takes one away. */
export function change(values, { replace = false } = {}) {
  const asked = question();
  asked.delete("cursor");
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === "") asked.delete(name);
    else asked.set(name, value);
  }
  return go(address(asked), { replace });
}

/** Write a query string as people can read it. */
export function address(asked) {
  const written = asked.toString().replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ",");
  return new URL(written ? `${page}?${written}` : page, service);
}

let underWay = new AbortController();

/** Go to another question: the answer is exchanged, and the address is one to come back to. */
export async function go(url, { replace = false, back = false } = {}) {
  underWay.abort();
  underWay = new AbortController();
  if (!back) history[replace ? "replaceState" : "pushState"](null, "", url);
  document.getElementById("answer")?.setAttribute("aria-busy", "true");
  let response;
  try {
    response = await fetch(url, { signal: underWay.signal, headers: { Accept: "text/html" } });
    exchange(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch (error) {
    if (error.name !== "AbortError") location.assign(url);
  }
}

function exchange(fetched) {
  const focused = document.activeElement?.id;
  const view = document.getElementById("view");
  const wanted = fetched.getElementById("view");
  if (view && wanted && view.dataset.view === wanted.dataset.view) wanted.replaceWith(view);
  for (const id of parts) {
    const fresh = fetched.getElementById(id);
    if (fresh) document.getElementById(id)?.replaceWith(fresh);
  }
  document.title = fetched.title;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("questionchange"));
}

function isOfExplorer(url) {
  return url.origin === service.origin && url.pathname === below(page).pathname;
}

if (document.getElementById("answer")) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const url = new URL(link.href);
    if (!isOfExplorer(url) || link.target) return;
    event.preventDefault();
    go(url);
  });
  document.addEventListener("submit", (event) => {
    const url = new URL(event.target.action);
    if (!isOfExplorer(url)) return;
    event.preventDefault();
    const asked = new URLSearchParams();
    for (const [name, value] of new FormData(event.target)) if (value.trim()) asked.append(name, value);
    go(address(asked));
  });
  addEventListener("popstate", () => go(location.href, { back: true }));
}
