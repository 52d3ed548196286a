// The axis of time: from days to points and back, and its ticks at round dates.
import { dateOf, dayLabel, dayOf, floorTo, lengthOf, monthLabel, units, yearLabel } from "./calendar.js";

/** From the days [first, last] to points between 0 and a width, and back. A day is as wide as it lasts. */
export class Scale {
  constructor(first, last, width) {
    this.first = first;
    this.last = last;
    this.width = width;
  }

  get days() {
    return this.last - this.first + 1;
  }

  /** Where a day begins; a day that is not known is at the side it is open to. */
  x(day) {
    return ((day - this.first) / this.days) * this.width;
  }

  within(day) {
    return Math.min(Math.max(this.x(day), 0), this.width);
  }

  day(x) {
    return this.first + (x / this.width) * this.days;
  }

  unit(points) {
    return units.findLast((unit) => (lengthOf(unit) / this.days) * this.width <= points) ?? 0;
  }
}

/** Return at most so many ticks within a scale, {day, label}; round years are counted from the era on both sides. */
export function ticks(scale, most) {
  for (const step of [1, 2, 5, 10]) if (scale.days / step <= most) return everyDays(scale, step);
  for (const step of [1, 2, 3, 6]) if (scale.days / (step * 30.4) <= most) return everyMonths(scale, step);
  for (let power = 1; ; power *= 10) {
    for (const times of [1, 2, 5]) {
      if (scale.days / (times * power * 365.2425) <= most) return everyYears(scale, times * power);
    }
  }
}

function everyDays(scale, step) {
  const isRound = (of) => (of - 1) % step === 0 && (step === 1 || of <= 28 - step / 2);
  return every(scale, scale.first, (day) => day + 1, dayLabel).filter(({ day }) => isRound(dateOf(day)[2]));
}

function everyMonths(scale, step) {
  return every(scale, floorTo(scale.first, step), (day) => floorTo(day, step, 1), monthLabel);
}

function everyYears(scale, step) {
  const round = (day, later) => dayOf(roundYear(dateOf(day)[0] + later, step));
  return every(scale, round(scale.first, 0), (day) => round(day, 1), (day) => yearLabel(dateOf(day)[0]));
}

function every(scale, from, next, label) {
  const found = [];
  for (let day = from; day <= scale.last; day = next(day)) {
    if (day >= scale.first) found.push({ day, label: label(day, true) });
  }
  return found;
}

/** Return the first round year from this one on: n BCE or n CE where n is a multiple of the step, or 1 CE. */
function roundYear(year, step) {
  if (year > 1) return Math.ceil(year / step) * step;
  const before = Math.floor((1 - year) / step) * step;
  return before ? 1 - before : 1;
}
