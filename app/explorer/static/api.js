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
  const url = below(path);
  for (const [name, value] of parameters) url.searchParams.append(name, value);
  const response = await fetch(url, { signal, headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (!response.ok) throw new Problem(answer);
  return answer;
}
