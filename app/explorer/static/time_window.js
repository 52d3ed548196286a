// The window of the time line: the days that are looked at, within the span of all that there is.
import { dateOf, dayOfIso, edtfOf, floorTo, nearestTo, units } from "./calendar.js";
import { Scale } from "./time_axis.js";

const closestPoints = 6;
const longestYear = 9999;

/** Days from a first to a last within a span. Zooming and moving keep fractions; `first` and `last` are at round dates. */
class TimeWindow {
  #from;
  #to;

  constructor(span, days = span) {
    this.span = span;
    this.set(...days);
  }

  set(first, last) {
    this.#from = first;
    this.#to = last + 1;
    this.first = first;
    this.last = last;
  }

  get isWhole() {
    return this.first <= this.span[0] && this.last >= this.span[1];
  }

  /** How it is asked for: an EDTF interval, nothing for the whole span. */
  get edtf() {
    return this.isWhole ? null : edtfOf(this.first, this.last);
  }

  zoom(times, about) {
    const length = Math.max((this.#to - this.#from) * times, 1);
    const share = (about - this.#from) / (this.#to - this.#from);
    const from = about - share * length;
    this.#move(from, from + length);
  }

  pan(days) {
    this.#move(this.#from + days, this.#to + days);
  }

  rounded(day, scale) {
    return nearestTo(Math.round(day), this.#unit(scale));
  }

  round(width) {
    const scale = new Scale(Math.floor(this.#from), Math.max(Math.ceil(this.#to) - 1, Math.floor(this.#from)), width);
    const unit = this.#unit(scale);
    const first = nearestTo(Math.round(this.#from), unit);
    const next = Math.max(nearestTo(Math.round(this.#to), unit), floorTo(first, unit, 1));
    this.first = Math.max(first, this.span[0]);
    this.last = Math.min(next - 1, this.span[1]);
  }

  step(end, steps, scale) {
    const unit = this.#unit(scale);
    if (end === 0) {
      const next = floorTo(this.first, unit, steps + (steps < 0 && floorTo(this.first, unit) < this.first ? 1 : 0));
      this.set(Math.min(Math.max(next, this.span[0]), this.last), this.last);
    } else {
      const after = this.last + 1;
      const next = floorTo(after, unit, steps + (steps < 0 && floorTo(after, unit) < after ? 1 : 0));
      this.set(this.first, Math.max(Math.min(next - 1, this.span[1]), this.first));
    }
  }

  // Beyond four digits EDTF says years alone.
  #unit(scale) {
    const far = Math.max(...[scale.first, scale.last].map((day) => Math.abs(dateOf(day)[0]))) > longestYear;
    return far ? Math.max(scale.unit(closestPoints), units[2]) : scale.unit(closestPoints);
  }

  #move(from, to) {
    const [least, most] = [this.span[0], this.span[1] + 1];
    const length = Math.min(to - from, most - least);
    this.#from = Math.min(Math.max(from, least), most - length);
    this.#to = this.#from + length;
    this.first = Math.floor(this.#from);
    this.last = Math.max(Math.ceil(this.#to) - 1, this.first);
  }
}

/** Return the window that is asked for, within the span of all that is dated and of itself. */
export function timeOf({ overview, when, days }, before) {
  const span = overview.length ? [overview[0].first, overview.at(-1).last] : null;
  if (!when) return new TimeWindow(span ?? [0, 0]);
  const [first, last] = days ? daysOf(days, span) : [before.first, before.last];
  return new TimeWindow(span ? [Math.min(span[0], first), Math.max(span[1], last)] : [first, last], [first, last]);
}

function daysOf({ start: { earliest }, end: { latest } }, span) {
  const last = latest === null ? null : dayOfIso(latest);
  const first = earliest === null ? Math.min(span?.[0] ?? 0, last ?? 0) : dayOfIso(earliest);
  return [first, last ?? Math.max(span?.[1] ?? first, first)];
}
