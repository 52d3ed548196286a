// The window of the time line: the days that are looked at, within the span of all that there is.
import { dateOf, dayOfIso, edtfOf, floorTo, longestYear, nearestTo, units } from "./calendar.js";
import { Scale } from "./time_axis.js";

const closestPoints = 6;

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

  /** How it is asked for: an EDTF interval, nothing for the whole span. */
  get edtf() {
    const isWhole = this.first <= this.span[0] && this.last >= this.span[1];
    return isWhole ? null : edtfOf(this.first, this.last);
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

  /** Move one end (0 or 1) to where a day begins, within the span and not past the other end. */
  moveEnd(end, day) {
    if (end) this.set(this.first, Math.max(Math.min(day - 1, this.span[1]), this.first));
    else this.set(Math.min(Math.max(day, this.span[0]), this.last), this.last);
  }

  /** Move one end by round dates of a scale; where these would pass the other end, by round dates of the window. */
  step(end, steps, scale) {
    const day = end ? this.last + 1 : this.first;
    const next = [scale, new Scale(this.first, this.last, scale.width)].map((one) => {
      const unit = this.#unit(one);
      return floorTo(day, unit, steps + (steps < 0 && floorTo(day, unit) < day ? 1 : 0));
    });
    this.moveEnd(end, next.find((one) => (end ? one > this.first : one <= this.last)) ?? next[1]);
  }

  #unit(scale) {
    const isFar = [scale.first, scale.last].some((day) => Math.abs(dateOf(day)[0]) > longestYear);
    return Math.max(scale.unit(closestPoints), isFar ? units[2] : 0);
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
  const [least, most] = [overview[0]?.first, overview.at(-1)?.last];
  if (!when) return new TimeWindow([least ?? 0, most ?? 0]);
  const [first, last] = days ? daysOf(days, least, most) : [before.first, before.last];
  return new TimeWindow([Math.min(least ?? first, first), Math.max(most ?? last, last)], [first, last]);
}

/** Return the days of a time; where it is open, to where there is something. */
function daysOf({ start: { earliest }, end: { latest } }, least = 0, most = -Infinity) {
  const last = latest && dayOfIso(latest);
  const first = earliest ? dayOfIso(earliest) : Math.min(least, last ?? least);
  return [first, last ?? Math.max(most, first)];
}
