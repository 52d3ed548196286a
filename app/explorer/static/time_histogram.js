// Histograms of time: certain counts solid, possible ones pale.
import { dayOfIso } from "./calendar.js";
import { svg } from "./view.js";

/** Return what the API counted, {first, last, certain, possible, name} for each bucket. */
export function bucketsOf(timeline) {
  return timeline.items.map((item) => ({ ...item, first: dayOfIso(item.start), last: dayOfIso(item.end) }));
}

/** Return the most that is possible in any bucket, at least one. */
export function mostOf(buckets) {
  return buckets.reduce((most, bucket) => Math.max(most, bucket.possible), 1);
}

/** Draw the bars of buckets on a scale, so high where there is the most. */
export function bars(buckets, scale, height, most = mostOf(buckets)) {
  const seen = buckets.filter((bucket) => bucket.possible && bucket.last >= scale.first && bucket.first <= scale.last);
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

/** Say two counts in words. */
export function counted({ certain, possible }) {
  return certain === possible
    ? `${certain.toLocaleString("en")}`
    : `${certain.toLocaleString("en")} certain, ${possible.toLocaleString("en")} possible`;
}
