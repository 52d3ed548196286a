// The lanes of the time line: one bar for each record while these are few, above that counts for each lane.
import { address, question } from "./address.js";
import { getRecords, without, withValues } from "./api.js";
import { rangeLabel } from "./calendar.js";
import { askBeside, linkAsRead } from "./reading.js";
import { boundsOf, drawn, isSeen, packed } from "./time_bars.js";
import { bars, bucketsOf, counted, fullestOf, numbers } from "./time_histogram.js";
import { element, svg } from "./view.js";
import { count, words } from "./words.js";

export const mostRecords = 500;

const mostLanes = 20;
const mostCounted = 8;
const laneHeight = 44;

export const groups = { type: "No type", participant: "No participants", place: "No places" };

// What lanes are grouped by, beside the type: members of records of some kinds.
const memberOf = {
  participant: { field: "participants", end: "actor", kinds: ["event", "mission"] },
  place: { field: "places", end: "place", kinds: ["event", "actor", "agreement", "mission", "source"] },
};

function valuesOf(record, group) {
  const { field, end } = memberOf[group] ?? {};
  const values = field ? (record[field] ?? []).map((one) => one[end]) : [record.type].filter(Boolean);
  return values.length ? [...new Set(values)] : [null];
}

/** Return {total, lanes}, each {name, value, records} or {name, value, buckets}; `dates` while records are few; `cut`: there are more. */
export async function askForLanes(answers, asked, group) {
  const kinds = asked.get("kind").split(",");
  const of = kinds.map((kind) => ({ path: `v1/${kind}s`, kind }));
  const ofAll = without(asked, "kind");
  const counts = await Promise.all(
    of.map(({ path }) => answers.ask(path, withValues(ofAll, { limit: 1, count: "exact", fields: "title" }))));
  const total = counts.reduce((sum, page) => sum + page.count, 0);
  if (total > mostRecords) return { total, ...(await countedLanes(answers, asked, ofAll, of, group)) };
  const ask = async (parameters) => {
    const pages = await Promise.all(of.map(({ path, kind }) => answers.ask(path, withValues(parameters, fieldsOf(kind, group)))));
    return {
      records: pages.flatMap((page) => page.items.map((one) => ({ ...one, ref: one.href.replace("/v1/", "") }))),
      titles: Object.assign({}, ...pages.map((page) => page.linked)),
      cut: pages.some((page) => page.next),
    };
  };
  const found = await askBeside(ask, ofAll, "date");
  return { total, reading: found.told, ...lanesOfRecords(found.records, found.titles, group) };
}

function fieldsOf(kind, group) {
  const asked = { limit: mostRecords, fields: "title,type,date" };
  const { field, kinds } = memberOf[group] ?? {};
  return kinds?.includes(kind) ? { ...asked, fields: `${asked.fields},${field}`, include: "linked" } : asked;
}

function lanesOfRecords(items, titles, group) {
  const byValue = new Map();
  const dated = items.map((record) => ({ record, bounds: boundsOf(record) })).filter((one) => one.bounds);
  for (const one of dated) {
    for (const value of valuesOf(one.record, group)) {
      if (!byValue.has(value)) byValue.set(value, []);
      byValue.get(value).push(one);
    }
  }
  const found = [...byValue].map(([value, records]) => ({ value, name: nameOf(value, group, titles), records }));
  const shown = largest(found, ({ records }) => records.length);
  const seen = new Set(shown.flatMap((lane) => lane.records));
  const rest = dated.filter((one) => !seen.has(one));
  if (rest.length) shown.push({ value: null, name: "Others", records: rest });
  return { lanes: shown, dates: dated.filter((one) => one.record.standing !== "silent").map((one) => one.bounds) };
}

/** Return the largest lanes, the one without a value last. */
function largest(lanes, sizeOf) {
  lanes.sort((one, other) => (one.value === null) - (other.value === null) || sizeOf(other) - sizeOf(one));
  return lanes.slice(0, mostLanes);
}

function nameOf(value, group, titles) {
  if (value === null) return groups[group];
  return group === "type" ? words(value) : titles[value]?.title ?? value;
}

async function countedLanes(answers, asked, ofAll, of, group) {
  if (group === "type") {
    const timeline = await answers.ask("v1/timeline", withValues(asked, { bucket: "auto", split: "type" }));
    return { lanes: lanesOfTypes(timeline) };
  }
  const pages = await Promise.all(
    of.map(({ path }) => answers.ask(path, withValues(ofAll, { limit: 1, facets: group, fields: "title" }))));
  const sums = new Map();
  for (const { value, count } of pages.flatMap((page) => page.facets[group])) sums.set(value, (sums.get(value) ?? 0) + count);
  const most = [...sums].sort((one, other) => other[1] - one[1]).slice(0, mostCounted).map(([value]) => value);
  const titles = await getRecords(most, { fields: "title" });
  const lanes = await Promise.all(most.map(async (value) => {
    const one = withValues(asked, { bucket: "auto" });
    one.append(group, value);
    return { value, name: titles.get(value)?.title ?? value, buckets: bucketsOf(await answers.ask("v1/timeline", one)) };
  }));
  return { lanes, cut: sums.size > most.length };
}

function lanesOfTypes(timeline) {
  const byType = new Map();
  for (const [at, item] of timeline.items.entries()) {
    for (const { type = null, ...counts } of item.types) {
      if (!byType.has(type)) byType.set(type, timeline.items.map((one) => ({ ...one, certain: 0, possible: 0 })));
      Object.assign(byType.get(type)[at], counts);
    }
  }
  const lanes = [...byType].map(([value, items]) => ({ value, name: nameOf(value, "type", {}), buckets: bucketsOf({ items }) }));
  return largest(lanes, ({ buckets }) => buckets.reduce((total, bucket) => total + bucket.possible, 0));
}

export function drawLanes({ lanes }, group, scale) {
  const all = lanes.map((lane) => ({ ...lane, records: lane.records?.filter((one) => isSeen(one.bounds, scale)) }));
  const most = fullestOf(lanes.flatMap((lane) => lane.buckets ?? []))?.possible;
  return all.filter((lane) => (lane.buckets ? fullestOf(lane.buckets) : lane.records.length)).map((lane) => {
    const picture = lane.records ? drawn(packed(lane.records, scale), scale) : histogram(lane, scale, most);
    const of = lane.records ? recordsAndGrey(lane.records) : null;
    return element("section", { class: "lane" }, element("h3", {}, heading(lane, group), of && ` · ${of}`), picture);
  });
}

function histogram(lane, scale, most) {
  const fullest = fullestOf(lane.buckets);
  const said = `${lane.name}: at most ${counted(fullest)} in ${rangeLabel(fullest.first, fullest.last)}`;
  return svg("svg", { width: scale.width, height: laneHeight, role: "img", "aria-label": said },
    ...bars(lane.buckets, scale, laneHeight - 2, most));
}

function heading({ value, name }, group) {
  if (value === null) return name;
  const asked = without(question(), "cursor");
  if (!asked.getAll(group).includes(value)) asked.append(group, value);
  return element("a", { href: address(asked).href }, element("bdi", {}, name));
}

export function records(number) {
  return count(number, "record");
}

export function rowsOf({ lanes }) {
  return lanes.flatMap((lane) => (lane.records
    ? lane.records.map(({ record }) => [lane.name, linkAsRead(record), record.date.label, ...boundsInWords(record.date)])
    : lane.buckets.filter((bucket) => bucket.possible)
      .map((bucket) => [lane.name, rangeLabel(bucket.first, bucket.last), ...numbers(bucket)])));
}

function recordsAndGrey(all) {
  const grey = all.filter(({ record }) => record.standing === "silent").length;
  return records(all.length - grey) + (grey ? `, ${grey} in grey` : "");
}

function boundsInWords({ start, end }) {
  return [start.earliest, start.latest, end.earliest, end.latest].map((day) => day ?? "open");
}
