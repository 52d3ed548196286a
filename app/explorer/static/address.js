// The address bar holds the whole state: a question and a view. Following a link to another question fetches that page
// and exchanges the parts of this one. Whoever draws a view listens for "questionchange"; "answerchange" comes as well
// where only the list or the counts beside it are others.

const page = "explore";

const service = new URL(document.documentElement.dataset.base || "./", location.href);

export function below(path) {
  return new URL(path, service);
}

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

export function change(values, options) {
  const asked = question();
  asked.delete("cursor");
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === "") asked.delete(name);
    else asked.set(name, value);
  }
  return go(address(asked), options);
}

export function address(asked) {
  const written = asked.toString().replace(/%2F|%3A|%2C/g, decodeURIComponent);
  return below(written ? `${page}?${written}` : page);
}

const ofList = ["cursor", "facets", "limit", "count"];

/** Return what is asked, without what only the list and the counts beside it depend on. */
function asked() {
  const parameters = question();
  ofList.forEach((name) => parameters.delete(name));
  return parameters.toString();
}

let underWay = new AbortController();
let shown = asked();
let current = location.search;

export async function go(url, { replace = false, back = null } = {}) {
  underWay.abort();
  underWay = new AbortController();
  current = new URL(url, location.href).search;
  if (!back) history[replace ? "replaceState" : "pushState"](null, "", url);
  document.getElementById("answer")?.setAttribute("aria-busy", "true");
  // Firefox has what is under way fail where the page is left: that leads elsewhere already.
  const leaving = new AbortController();
  addEventListener("beforeunload", () => leaving.abort(), { signal: leaving.signal });
  try {
    const response = await fetch(url, { signal: underWay.signal, headers: { Accept: "text/html" } });
    const fetched = new DOMParser().parseFromString(await response.text(), "text/html");
    // Where the key is no longer good, the browser is led to where another is given.
    if (response.redirected || !fetched.getElementById("answer")) location.assign(url);
    else exchange(fetched, back);
  } catch (error) {
    if (error.name !== "AbortError" && !leaving.signal.aborted) location.assign(url);
  } finally {
    leaving.abort();
  }
}

function exchange(fetched, back) {
  const focus = focusToKeep(back);
  for (const details of document.querySelectorAll("details:not([data-elsewhere]):has(> summary[id])")) {
    const fresh = fetched.getElementById(details.firstElementChild.id)?.parentElement;
    if (fresh && !fresh.querySelector(".fault")) fresh.open = details.open;
  }
  document.getElementById("filters").replaceWith(fetched.getElementById("filters"));
  exchangeAnswer(document.getElementById("answer"), fetched.getElementById("answer"));
  document.title = fetched.title;
  const search = document.getElementById("site-search");
  if (search && search !== document.activeElement) search.value = fetched.getElementById("site-search").value;
  tell();
  focus();
  if (back) scrollTo(0, back.scroll ?? 0);
  document.dispatchEvent(new CustomEvent("answerchange"));
  if (shown !== asked()) {
    shown = asked();
    document.dispatchEvent(new CustomEvent("questionchange"));
  }
}

/** Exchange what is in the answer; a view that is shown stays where it is, as it would else begin anew. */
function exchangeAnswer(answer, fresh) {
  const view = answer.querySelector("#view");
  const wanted = fresh.querySelector("#view");
  const stays = view && wanted && view.dataset.view === wanted.dataset.view;
  for (const child of [...answer.children]) if (!stays || child !== view) child.remove();
  let after = !stays;
  for (const child of [...fresh.children]) {
    if (stays && child === wanted) after = true;
    else if (after) answer.append(child);
    else view.before(child);
  }
  answer.removeAttribute("aria-busy");
}

function tell() {
  const heard = document.querySelector("#answer .faults") ? "sentence" : "number-found";
  const told = document.getElementById(heard) ?? document.getElementById("sentence");
  document.getElementById("told").textContent = told.textContent;
}

function focusToKeep(back) {
  const had = document.activeElement;
  if (!had || had === document.body) return () => {};
  const inside = had.closest("#filters, #answer");
  const id = had.id || had.closest("details")?.querySelector("summary[id]")?.id || (inside ? "sentence" : "");
  const list = had.matches("[rel=next], [rel=prev]");
  const typed = !back && inside?.id === "filters" && had.value !== had.defaultValue ? had.value : null;
  return () => {
    const now = document.getElementById(list ? "number-found" : id);
    if (!now || now === document.activeElement) return;
    if (typed !== null && now.value !== undefined && now.type !== "checkbox") now.value = typed;
    now.focus({ preventScroll: !list });
  };
}

function isOfExplorer(url) {
  return url.origin === service.origin && url.pathname === below(page).pathname;
}

if (document.getElementById("answer")) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const url = new URL(link.href);
    if (!isOfExplorer(url) || link.target || (url.hash && url.search === location.search)) return;
    event.preventDefault();
    go(url);
  });
  document.addEventListener("submit", (event) => {
    // A form has its fields as properties, one of them `action`.
    const url = new URL(event.target.getAttribute("action"), location.href);
    if (event.defaultPrevented || !isOfExplorer(url)) return;
    event.preventDefault();
    const asked = new URLSearchParams();
    for (const [name, value] of new FormData(event.target)) if (value.trim()) asked.append(name, value);
    go(address(asked));
  });
  addEventListener("popstate", (event) => {
    // It comes as well where only the fragment is another, as after the link to the content.
    if (location.search !== current) go(location.href, { back: event.state ?? {} });
  });
  let settled;
  addEventListener("scroll", () => {
    clearTimeout(settled);
    settled = setTimeout(() => history.replaceState({ scroll: scrollY }, ""), 150);
  });
}
