// Records as bars: solid where something certainly was, fading where it may have been, dashed where it was some time
// within, with an arrow where it is open. Bars are packed in rows so that no label covers another.
import { below } from "./address.js";
import { dayOfIso } from "./calendar.js";
import { signOf } from "./reading.js";
import { svg } from "./view.js";

const rowHeight = 24;
const barHeight = 12;
const least = 5;
const gap = 6;
const between = 14;
const longestLabel = 48;
const leastLabel = 90;

/** Return the bounds of a record's date in days, the ends infinite where they are open; null where it has none. */
export function boundsOf(record) {
  const { date } = record;
  if (!date?.start || /^-?XXXX/.test(date.edtf)) return null;
  const [s1, s2] = bounds(date.start, -Infinity);
  const [e1, e2] = bounds(date.end, Infinity);
  const within = date.qualified || date.edtf.startsWith("{") || s2 > e1;
  return { s1, s2, e1, e2, within, qualified: date.qualified };
}

function bounds({ earliest, latest }, open) {
  if (earliest === null && latest === null) return [open, open];
  return [earliest === null ? -Infinity : dayOfIso(earliest), latest === null ? Infinity : dayOfIso(latest)];
}

export function isSeen(of, scale) {
  return of.s1 <= scale.last && of.e2 >= scale.first;
}

export function packed(records, scale) {
  const wanted = records.map(({ record, bounds: of }) => ({ record, bounds: of, ...labelled(signOf(record) + record.title, of, scale) }));
  wanted.sort((one, other) => one.left - other.left || one.right - other.right);
  const ends = [];
  for (const one of wanted) {
    const free = ends.findIndex((end) => end <= one.left);
    one.row = free < 0 ? ends.length : free;
    ends[one.row] = one.right + between;
  }
  return { rows: ends.length, placed: wanted };
}

const ruler = document.createElement("canvas").getContext("2d");

function widthOf(text) {
  ruler.font = "13px system-ui, sans-serif";
  return ruler.measureText(text).width;
}

function labelled(title, of, scale) {
  const [start, end] = extentOf(of, scale);
  const rooms = { start: scale.width - end - gap, end: start - gap };
  let label = shortened(title, longestLabel);
  let wide = widthOf(label);
  let anchor = ["start", "end"].find((side) => wide <= rooms[side]);
  if (!anchor && Math.max(rooms.start, rooms.end) >= leastLabel) {
    anchor = rooms.start >= rooms.end ? "start" : "end";
    for (let most = [...label].length - 1; wide > rooms[anchor] && most > 1; most -= 1) {
      label = shortened(title, most);
      wide = widthOf(label);
    }
  }
  if (anchor === "start") return { label, wide, anchor, left: start, right: end + gap + wide, at: end + gap };
  if (anchor === "end") return { label, wide, anchor, left: start - gap - wide, right: end, at: start - gap };
  const at = Math.min(start + gap, Math.max(scale.width - wide, 0));
  return { label, wide, anchor: "start", over: true, left: Math.min(start, at), right: Math.max(end, at + wide), at };
}

function shortened(title, most) {
  const letters = [...title];
  return letters.length > most ? `${letters.slice(0, most - 1).join("").trimEnd()}…` : title;
}

function extentOf(of, scale) {
  const [start, end] = [scale.within(of.s1), scale.within(of.e2 + 1)];
  if (end - start >= least) return [start, end];
  const middle = Math.min(Math.max((start + end) / 2, least / 2), scale.width - least / 2);
  return [middle - least / 2, middle + least / 2];
}

export function drawn({ rows, placed }, scale) {
  return svg("svg", { width: scale.width, height: Math.max(rows, 1) * rowHeight, class: "bars-of-records" },
    ...placed.map((one) => link(one, scale)));
}

function link({ record, bounds: of, row, label, wide, at, anchor, over }, scale) {
  const top = row * rowHeight + (rowHeight - barHeight) / 2;
  const said = `${record.title}, ${record.date.label}${record.said ? `; ${record.said}` : ""}`;
  const href = below(`explore/${record.ref}`).pathname;
  const [start, end] = extentOf(of, scale);
  const left = anchor === "end" ? at - 4 : start;
  return svg("a", { href, class: `bar ${record.standing ?? ""}`, tabindex: "-1", "aria-label": said },
    svg("title", {}, said),
    svg("rect", { class: "target", x: Math.max(left, 0), y: row * rowHeight, width: Math.max(end - left, least), height: rowHeight }),
    ...[...pieces(of, scale), ...asWritten(record, scale)].map(([name, from, to]) =>
      svg("rect", { class: name, x: from.toFixed(1), y: top, width: (to - from).toFixed(1), height: barHeight })),
    ...arrows(of, scale, top),
    over ? svg("rect", { class: "behind", x: at - 3, y: top - 2, width: wide + 6, height: barHeight + 4, rx: 3 }) : null,
    svg("text", { x: at.toFixed(1), y: top + barHeight - 2, "text-anchor": anchor }, label));
}

// Where the bar would be as the record is written, if elsewhere.
function asWritten({ written }, scale) {
  const of = boundsOf({ date: written });
  return of && isSeen(of, scale) ? [["as-written", ...extentOf(of, scale)]] : [];
}

function pieces(of, scale) {
  const [start, end] = extentOf(of, scale);
  if (of.within) return [["within", start, end]];
  const [s2, e1] = [scale.within(of.s2), scale.within(of.e1 + 1)];
  const found = [["fading-in", scale.within(of.s1), s2], ["solid", s2, e1], ["fading-out", e1, scale.within(of.e2 + 1)]];
  const wide = found.filter(([, from, to]) => to - from > 0.05);
  return end - start > least && wide.length ? wide : [[of.s2 <= of.e1 ? "solid" : "within", start, end]];
}

function arrows(of, scale, top) {
  const middle = top + barHeight / 2;
  const found = [of.s1 === -Infinity && `M0 ${middle}l10 -9v18z`, of.e2 === Infinity && `M${scale.width} ${middle}l-10 -9v18z`];
  return found.filter(Boolean).map((d) => svg("path", { class: "open", d }));
}
