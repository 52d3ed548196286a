// What was asked of the API while a view is shown, so that drawing it anew does not ask again for what is the same.
import { getJson } from "./api.js";

export class Answers {
  #kept = new Map();
  #round = 0;

  /** Begin another round: what was not asked for in the one before is given up. */
  next() {
    for (const [key, one] of this.#kept) {
      if (one.round < this.#round) {
        one.controller.abort();
        this.#kept.delete(key);
      }
    }
    this.#round += 1;
  }

  end() {
    for (const one of this.#kept.values()) one.controller.abort();
    this.#kept.clear();
  }

  ask(path, parameters) {
    parameters.sort();
    const key = `${path}?${parameters}`;
    const had = this.#kept.get(key);
    if (had) {
      had.round = this.#round;
      return had.answer;
    }
    const controller = new AbortController();
    const answer = getJson(path, parameters, { signal: controller.signal });
    const one = { controller, answer, round: this.#round };
    this.#kept.set(key, one);
    answer.catch(() => this.#kept.get(key) === one && this.#kept.delete(key));
    return answer;
  }
}
