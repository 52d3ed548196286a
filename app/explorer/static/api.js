// Asking the public API, the only thing that the views ask.
import { below } from "./address.js";

/** What the API answers a question that it cannot answer: a problem document (RFC 9457). */
export class Problem extends Error {
  constructor(problem) {
    const faults = (problem.errors ?? []).map((fault) => fault.detail);
    super([problem.detail ?? problem.title, ...faults].join(" "));
    this.problem = problem;
  }
}

/** Return what a path below the service answers, as JSON. Throws a Problem where that is one. */
export async function getJson(path, parameters = new URLSearchParams(), { signal } = {}) {
  return (await getPage(path, parameters, { signal })).answer;
}

/** Return likewise a page of a list, and the cursor of the next one, which formats other than JSON have in `Link` (RFC 8288). */
export async function getPage(path, parameters = new URLSearchParams(), { signal } = {}) {
  const url = below(path);
  for (const [name, value] of parameters) url.searchParams.append(name, value);
  const response = await fetch(url, { signal, headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (!response.ok) throw new Problem(answer);
  const [, next] = /<([^>]*)>; rel="next"/.exec(response.headers.get("Link") ?? "") ?? [];
  return { answer, next: next ? new URL(next, url).searchParams.get("cursor") : null };
}
