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
    return Math.floor(this.first + (x / this.width) * this.days);
  }

  unit(points) {
    const fitting = units.filter((unit) => (lengthOf(unit) / this.days) * this.width <= points);
    return fitting.at(-1) ?? 0;
  }
}

const dayTicks = [1, 2, 5, 10];
const monthTicks = [1, 2, 3, 6];

/** Return at most so many ticks within a scale, {day, label}; round years are counted from the era on both sides. */
export function ticks(scale, most) {
  for (const step of dayTicks) if (scale.days / step <= most) return everyDays(scale, step);
  for (const step of monthTicks) if (scale.days / (step * 30.4) <= most) return everyMonths(scale, step);
  for (let power = 1; ; power *= 10) {
    for (const times of [1, 2, 5]) {
      if (scale.days / (times * power * 365.2425) <= most) return everyYears(scale, times * power);
    }
  }
}

function everyDays(scale, step) {
  const found = [];
  for (let day = scale.first; day <= scale.last; day += 1) {
    const [, , of] = dateOf(day);
    if ((of - 1) % step === 0 && (step === 1 || of <= 28 - step / 2)) found.push({ day, label: dayLabel(day, true) });
  }
  return found;
}

function everyMonths(scale, step) {
  const found = [];
  for (let day = floorTo(scale.first, step); day <= scale.last; day = floorTo(day, step, 1)) {
    if (day >= scale.first) found.push({ day, label: monthLabel(day, true) });
  }
  return found;
}

function everyYears(scale, step) {
  const found = [];
  for (let year = roundYear(dateOf(scale.first)[0], step); ; year = roundYear(year + 1, step)) {
    const day = dayOf(year);
    if (day > scale.last) return found;
    if (day >= scale.first) found.push({ day, label: yearLabel(year) });
  }
}

/** Return the first round year from this one on: n BCE or n CE where n is a multiple of the step, or 1 CE. */
function roundYear(year, step) {
  if (year > 1) return Math.ceil(year / step) * step;
  const before = Math.floor((1 - year) / step) * step;
  return before ? 1 - before : 1;
}
