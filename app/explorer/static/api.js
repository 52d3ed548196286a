// Asking the public API, the only thing that the views ask.
import { below } from "./address.js";

export class Problem extends Error {
  constructor(problem) {
    const faults = (problem.errors ?? []).map((fault) => fault.detail);
    super([problem.detail ?? problem.title, ...faults].join(" "));
    this.problem = problem;
  }
}

export async function getJson(...asked) {
  return (await getPage(...asked)).answer;
}

/** Ask for what is at a path; return the answer and, of a page of a list, the cursor of the next one, which formats other than JSON have in `Link` (RFC 8288). */
async function getPage(path, parameters = new URLSearchParams(), { signal } = {}) {
  const url = below(path);
  for (const [name, value] of parameters) url.searchParams.append(name, value);
  const response = await fetch(url, { signal, headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (!response.ok) throw new Problem(answer);
  const [, next] = /<([^>]*)>; rel="next"/.exec(response.headers.get("Link") ?? "") ?? [];
  return { answer, next: next ? new URL(next, url).searchParams.get("cursor") : null };
}

const perPage = 500;
const idsAtOnce = 200;

export async function getAll(path, parameters, { signal, most = Infinity, itemsOf = ({ items }) => items } = {}) {
  const asked = new URLSearchParams(parameters);
  const items = [];
  let more = true;
  while (more && items.length < most) {
    asked.set("limit", Math.min(perPage, most - items.length));
    const { answer, next } = await getPage(path, asked, { signal });
    items.push(...itemsOf(answer));
    asked.set("cursor", next ?? "");
    more = next !== null;
  }
  return { items, more };
}

export function without(parameters, ...names) {
  return new URLSearchParams([...parameters].filter(([name]) => !names.includes(name)));
}

export function withValues(parameters, values) {
  const changed = new URLSearchParams(parameters);
  for (const [name, value] of Object.entries(values)) changed.set(name, value);
  return changed;
}

/** Return those of some records that lists have, by reference; of parameters of each list, where these are a function. */
export async function getRecords(refs, parameters, { signal, itemsOf } = {}) {
  const byCollection = new Map();
  for (const [collection, id] of [...refs].map((ref) => ref.split("/"))) {
    byCollection.set(collection, [...(byCollection.get(collection) ?? []), id]);
  }
  const found = new Map();
  await Promise.all([...byCollection].map(async ([collection, all]) => {
    const asked = new URLSearchParams(typeof parameters === "function" ? parameters(collection) : parameters);
    const among = asked.get("ids")?.split(",");
    const ids = among ? all.filter((id) => among.includes(id)) : all;
    for (let first = 0; first < ids.length; first += idsAtOnce) {
      const some = withValues(asked, { ids: ids.slice(first, first + idsAtOnce) });
      for (const one of (await getAll(`v1/${collection}`, some, { signal, itemsOf })).items) {
        found.set(`${collection}/${one.id}`, { ...one, ref: `${collection}/${one.id}` });
      }
    }
  }));
  return found;
}
