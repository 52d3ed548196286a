// The parts of the time line's picture: its axis, what is said where it is pointed at, its legend, its tables.
import { address, question } from "./address.js";
import { rangeLabel } from "./calendar.js";
import { ticks } from "./time_axis.js";
import { counted, seenOf } from "./time_histogram.js";
import { element, svg, table as plainTable } from "./view.js";

const betweenTicks = 110;

export function axis(scale, height) {
  const line = svg("path", { class: "axis", d: `M0 ${height}H${scale.width}` });
  const marks = ticks(scale, Math.max(scale.width / betweenTicks, 2)).map(({ day, label }) => {
    const x = scale.x(day);
    const anchor = x < 40 ? "start" : x > scale.width - 40 ? "end" : "middle";
    return svg("g", { class: "tick" },
      svg("path", { class: "axis", d: `M${x.toFixed(1)} ${height}v5` }),
      svg("text", { x: x.toFixed(1), y: height + 18, "text-anchor": anchor }, label));
  });
  return [line, ...marks];
}

export function titles(buckets, scale, height) {
  return seenOf(buckets, scale).map((bucket) => {
    const x = scale.within(bucket.first);
    const width = Math.max(scale.within(bucket.last + 1) - x, 1);
    return svg("rect", { class: "target", x: x.toFixed(1), y: 0, width: width.toFixed(1), height },
      svg("title", {}, `${rangeLabel(bucket.first, bucket.last)}: ${counted(bucket)}`));
  });
}

/** Return a question without its condition on time; others take `certainty` too. */
export function whateverTheTime(asked) {
  const whole = new URLSearchParams(asked);
  for (const name of ["when", "relation"]) whole.delete(name);
  if (!whole.has("figure") && !whole.has("in_force_on")) whole.delete("certainty");
  return whole;
}

/** Say how many have no place in time, and lead to them. */
export function undatedLink(number) {
  const asked = whateverTheTime(question());
  asked.delete("cursor");
  const said = `${number.toLocaleString("en")} without a date, or of a year that is not known`;
  if (asked.get("year") === "unknown") return said;
  asked.set("year", "unknown");
  asked.set("view", "list");
  return element("a", { href: address(asked).href }, said);
}

export function table(caption, names, rows) {
  return element("div", { class: "scrolled", tabindex: "0", role: "region", "aria-label": caption }, plainTable(caption, names, rows));
}

/** Return the bar that is nearest in the next row, or in the one before (-1). */
export function nearest(all, bar, step) {
  const middle = (one) => {
    const box = one.querySelector(".target").getBoundingClientRect();
    return [box.left + box.width / 2, box.top];
  };
  const [x, y] = middle(bar);
  const others = all.map((one) => ({ one, at: middle(one) })).filter(({ at }) => (at[1] - y) * step > 1);
  others.sort(({ at: a }, { at: b }) => Math.round((a[1] - b[1]) * step) || Math.abs(a[0] - x) - Math.abs(b[0] - x));
  return others[0]?.one;
}
