// Histograms of time: certain counts solid, possible ones pale.
import { dayOfIso, floorTo, lengthOf, units } from "./calendar.js";
import { svg } from "./view.js";

const enough = 200;
const year = 12;

export function bucketsOf(timeline) {
  return timeline.items.map((item) => ({ ...item, first: dayOfIso(item.start), last: dayOfIso(item.end) }));
}

/** Count dates in buckets, of which the first and the last are cut to the years of the dates. */
export function counting(dates) {
  const days = dates.flatMap(({ s1, s2, e1, e2 }) => [s1, s2, e1, e2]).filter(Number.isFinite);
  const [least, most] = [Math.min(...days), Math.max(...days)];
  const unit = units.find((one) => (most - least) / lengthOf(one) < enough) ?? units.at(-1);
  const buckets = [];
  for (let first = floorTo(least, Math.min(unit, year)); first <= most; first = floorTo(first, unit, 1)) {
    const last = Math.min(floorTo(first, unit, 1) - 1, endOfYear(most));
    buckets.push({
      first, last,
      certain: dates.filter((one) => !one.qualified && one.s2 <= last && one.e1 >= first).length,
      possible: dates.filter((one) => one.s1 <= last && one.e2 >= first).length,
    });
  }
  return { by: { 0: "day", 1: "month", [year]: "year" }[unit] ?? `${(unit / year).toLocaleString("en")} years`, buckets };
}

export function endOfYear(day) {
  return floorTo(day, year, 1) - 1;
}

/** Return the bucket that has the most records; null where none has any. */
export function fullestOf(buckets) {
  return buckets.reduce((one, other) => (other.possible > (one?.possible ?? 0) ? other : one), null);
}

/** Return the buckets on a scale that have records. */
export function seenOf(buckets, scale) {
  return buckets.filter((bucket) => bucket.possible && bucket.last >= scale.first && bucket.first <= scale.last);
}

/** Draw the bars of buckets on a scale, so high where there is the most. */
export function bars(buckets, scale, height, most = fullestOf(buckets)?.possible) {
  const seen = seenOf(buckets, scale);
  return ["possible", "certain"].map((name) =>
    svg("path", { class: `bars ${name}`, d: seen.map((bucket) => bar(bucket, bucket[name], scale, height, most)).join("") }));
}

function bar(bucket, count, scale, height, most) {
  if (!count) return "";
  const [start, end] = [scale.within(bucket.first), scale.within(bucket.last + 1)];
  const gap = end - start > 4 ? 1 : 0;
  const width = Math.max(end - start - gap, 0.6);
  const tall = Math.max((count / most) * height, 1);
  return `M${start.toFixed(1)} ${height.toFixed(1)}h${width.toFixed(1)}v${(-tall).toFixed(1)}h${(-width).toFixed(1)}z`;
}

/** Write two counts. */
export function numbers({ certain, possible }) {
  return [certain, possible].map((number) => number.toLocaleString("en"));
}

/** Say two counts in words. */
export function counted(counts) {
  const [certain, possible] = numbers(counts);
  return `${certain} certain${certain === possible ? "" : `, ${possible} possible`}`;
}
