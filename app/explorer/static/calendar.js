// Days, as the API has them, as numbers: day 0 is 1970-01-01 of the proleptic Gregorian calendar. Years are astronomical
// (0 is 1 BCE) but in labels. The calendar of JavaScript ends in the year 275760; this one does not.

const epoch = 719468;
const cycle = 146097;
const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
  "December"];

/** Beyond it EDTF has years alone. */
export const longestYear = 9999;

export function dayOf(year, month = 1, day = 1) {
  const from = month > 2 ? year : year - 1;
  const era = Math.floor(from / 400);
  const of = from - era * 400;
  const inYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return era * cycle + of * 365 + Math.floor(of / 4) - Math.floor(of / 100) + inYear - epoch;
}

export function dateOf(number) {
  const shifted = number + epoch;
  const era = Math.floor(shifted / cycle);
  const of = shifted - era * cycle;
  const year = Math.floor((of - Math.floor(of / 1460) + Math.floor(of / 36524) - Math.floor(of / 146096)) / 365);
  const inYear = of - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const shiftedMonth = Math.floor((5 * inYear + 2) / 153);
  const day = inYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return [era * 400 + year + (month <= 2 ? 1 : 0), month, day];
}

export function dayOfIso(text) {
  const [, year, month, day] = /^([+-]?\d+)-(\d\d)-(\d\d)$/.exec(text);
  return dayOf(Number(year), Number(month), Number(day));
}

// Units of time, by how many months they have; the day has none. Beyond the millennium they are powers of ten of years.
export const units = [0, 1, ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((power) => 12 * 10 ** power)];

export function lengthOf(unit) {
  return unit ? (unit * 365.2425) / 12 : 1;
}

export function floorTo(day, unit, later = 0) {
  if (!unit) return day + later;
  const [year, month] = dateOf(day);
  const at = (Math.floor((year * 12 + month - 1) / unit) + later) * unit;
  return dayOf(Math.floor(at / 12), (at - Math.floor(at / 12) * 12) + 1);
}

export function nearestTo(day, unit) {
  const below = floorTo(day, unit);
  const above = floorTo(day, unit, 1);
  return day - below < above - day ? below : above;
}

const periods = [[1e9, "billion"], [1e6, "million"]];

/** Return a year as people write it: 1960, 44 BCE, 2.5 million BCE with so many digits; there is no year 0. */
export function yearLabel(year, digits = 10) {
  const [number, era] = year > 0 ? [year, ""] : [1 - year, " BCE"];
  for (const [size, word] of periods) {
    if (number >= size) return `${Number((number / size).toPrecision(digits))} ${word}${era || " CE"}`;
  }
  const plain = number > 9999 ? number.toLocaleString("en") : String(number);
  return `${plain}${era || (number < 1000 ? " CE" : "")}`;
}

export function dayLabel(number, short = false) {
  return `${dateOf(number)[2]} ${monthLabel(number, short)}`;
}

export function monthLabel(number, short = false) {
  const [year, month] = dateOf(number);
  return `${months[month - 1].slice(0, short ? 3 : undefined)} ${yearLabel(year)}`;
}

export function rangeLabel(first, last) {
  const by = Math.max(precisionOf(first), precisionOf(last + 1));
  const said = [(day) => yearLabel(dateOf(day)[0], digitsFor(first, last)), monthLabel, dayLabel][by];
  const [from, to] = [said(first), said(last)];
  return from === to ? from : `${from} to ${to}`;
}

function digitsFor(first, last) {
  const farthest = Math.max(Math.abs(first), Math.abs(last));
  return Math.min(Math.max(Math.ceil(Math.log10(farthest / (last - first + 1))) + 3, 3), 10);
}

/** Return how exactly the first day of something has to be said: 0 by its year, 1 by its month, 2 by its day. */
function precisionOf(first) {
  const [, month, day] = dateOf(first);
  return day > 1 ? 2 : month > 1 ? 1 : 0;
}

/** Write a range of days as EDTF, each end as coarsely as it can be said, and both alike within a year. */
export function edtfOf(first, last) {
  const precisions = [precisionOf(first), precisionOf(last + 1)];
  const isOneYear = dateOf(first)[0] === dateOf(last)[0];
  const [start, end] = isOneYear ? precisions.fill(Math.max(...precisions)) : precisions;
  const from = written(first, start);
  const to = written(last, end);
  return from === to ? from : `${from}/${to}`;
}

function written(day, precision) {
  const [year, month, ofMonth] = dateOf(day);
  if (Math.abs(year) > longestYear) return `Y${year}`;
  const digits = `${year < 0 ? "-" : ""}${String(Math.abs(year)).padStart(4, "0")}`;
  const rest = [month, ofMonth].slice(0, precision).map((one) => `-${String(one).padStart(2, "0")}`);
  return digits + rest.join("");
}
