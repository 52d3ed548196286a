// The lanes of the time line: one bar for each record while these are few, above that counts for each lane.
import { address, below, question } from "./address.js";
import { withValues } from "./api.js";
import { besideWritten, mostWritten, sourceRead } from "./reading.js";
import { boundsOf, drawn, isSeen, packed } from "./time_bars.js";
import { bars, bucketsOf, counted, numbers } from "./time_histogram.js";
import { element, svg } from "./view.js";

/** So many records are shown one by one. */
export const mostRecords = 500;

const mostLanes = 20;
const mostCounted = 8;
const laneHeight = 44;

/** What lanes can be grouped by, and what a record that has none of it is under. */
export const groups = { type: "No type", participant: "No participants", place: "No places" };

const referencesOf = {
  type: (record) => (record.type ? [record.type] : []),
  participant: (record) => unique((record.participants ?? []).map((one) => one.actor)),
  place: (record) => unique((record.places ?? []).map((one) => one.place)),
};

function unique(values) {
  return [...new Set(values)];
}

/**
 * Ask for the lanes of a question: {total, lanes}, each {name, value, records} or {name, value, buckets}. While records are
 * few, `dates` are the bounds of all; `cut` says that there are more lanes.
 */
export async function askForLanes(answers, asked, group) {
  const kinds = asked.get("kind").split(",");
  const of = kinds.map((kind) => ({ path: `v1/${kind}s`, kind }));
  const without = new URLSearchParams(asked);
  without.delete("kind");
  const counts = await Promise.all(
    of.map(({ path }) => answers.ask(path, withValues(without, { limit: 1, count: "exact", fields: "title" }))));
  const total = counts.reduce((sum, page) => sum + page.count, 0);
  if (total > mostRecords) return { total, ...(await countedLanes(answers, asked, without, of, group)) };
  const pages = await Promise.all(of.map(({ path, kind }) => answers.ask(path, withValues(without, fieldsOf(kind, group)))));
  const read = sourceRead() ? await asSourceHas(answers, pages, of, without, group) : { items: itemsOf(pages), pages };
  const titles = Object.assign({}, ...read.pages.map((page) => page.linked));
  return { total, reading: read.told, ...lanesOfRecords(read.items, titles, group) };
}

function itemsOf(pages) {
  return pages.flatMap((page) => page.items.map((one) => ({ ...one, ref: one.href.replace("/v1/", "") })));
}

/** Return what is found as a source has it, and what is found as it is written alone while that is little. */
async function asSourceHas(answers, pages, of, without, group) {
  const plain = new URLSearchParams(without);
  plain.delete("policy");
  const written = await Promise.all(
    of.map(({ path, kind }) => answers.ask(path, withValues(plain, { ...fieldsOf(kind, group), count: "exact" }))));
  const isMuch = written.reduce((sum, page) => sum + page.count, 0) > mostWritten;
  const items = await besideWritten(itemsOf(pages), isMuch ? [] : itemsOf(written), "date");
  const grey = items.filter((one) => one.standing === "silent").length;
  const told = isMuch
    ? `More than ${mostWritten} are found as they are written: what ${sourceRead()} does not have is not shown. `
    : `${records(grey)} in grey: ${sourceRead()} does not have them so. `;
  return { items, pages: [...written, ...pages], told };
}

// What lanes are grouped by, in the kinds of record that have it.
const fieldOf = { participant: "participants", place: "places" };
const kindsWith = { participant: ["event", "mission"], place: ["event", "actor", "agreement", "mission", "source"] };

function fieldsOf(kind, group) {
  const fields = "title,type,date";
  if (!kindsWith[group]?.includes(kind)) return { limit: mostRecords, fields };
  return { limit: mostRecords, fields: `${fields},${fieldOf[group]}`, include: "linked" };
}

function lanesOfRecords(items, titles, group) {
  const byValue = new Map();
  const dated = items.map((record) => ({ record, bounds: boundsOf(record) })).filter((one) => one.bounds);
  for (const one of dated) {
    const values = referencesOf[group](one.record);
    for (const value of values.length ? values : [null]) {
      if (!byValue.has(value)) byValue.set(value, []);
      byValue.get(value).push(one);
    }
  }
  const found = [...byValue].map(([value, records]) => ({ value, name: nameOf(value, group, titles), records }));
  found.sort((one, other) => (one.value === null) - (other.value === null) || other.records.length - one.records.length);
  const shown = found.slice(0, mostLanes);
  const seen = new Set(shown.flatMap((lane) => lane.records));
  const rest = dated.filter((one) => !seen.has(one));
  if (rest.length) shown.push({ value: null, name: "Others", records: rest });
  return { lanes: shown, dates: dated.filter((one) => one.record.standing !== "silent").map((one) => one.bounds) };
}

function nameOf(value, group, titles) {
  if (value === null) return groups[group];
  return group === "type" ? value.replaceAll("-", " ") : titles[value]?.title ?? value;
}

async function countedLanes(answers, asked, without, of, group) {
  if (group === "type") {
    const timeline = await answers.ask("v1/timeline", withValues(asked, { bucket: "auto", split: "type" }));
    return { lanes: lanesOfTypes(timeline) };
  }
  const pages = await Promise.all(
    of.map(({ path }) => answers.ask(path, withValues(without, { limit: 1, facets: group, fields: "title" }))));
  const sums = new Map();
  for (const { value, count } of pages.flatMap((page) => page.facets[group])) sums.set(value, (sums.get(value) ?? 0) + count);
  const most = [...sums].sort((one, other) => other[1] - one[1]).slice(0, mostCounted).map(([value]) => value);
  const titles = await titlesOf(answers, most);
  const lanes = await Promise.all(most.map(async (value) => {
    const one = withValues(asked, { bucket: "auto" });
    one.append(group, value);
    return { value, name: titles[value] ?? value, buckets: bucketsOf(await answers.ask("v1/timeline", one)) };
  }));
  return { lanes, cut: sums.size > most.length };
}

async function titlesOf(answers, references) {
  if (!references.length) return {};
  const [collection] = references[0].split("/");
  const ids = references.map((ref) => ref.split("/")[1]).join(",");
  const page = await answers.ask(`v1/${collection}`, new URLSearchParams({ ids, fields: "title", limit: references.length }));
  return Object.fromEntries(page.items.map((record) => [`${collection}/${record.id}`, record.title]));
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
  const sum = ({ buckets }) => buckets.reduce((total, bucket) => total + bucket.possible, 0);
  return lanes.sort((one, other) => (one.value === null) - (other.value === null) || sum(other) - sum(one)).slice(0, mostLanes);
}

/** Draw lanes on a scale, each under its name, which leads to its records. */
export function drawLanes({ lanes }, group, scale, widthOf) {
  const all = lanes.map((lane) => ({ ...lane, records: lane.records?.filter((one) => isSeen(one.bounds, scale)) }));
  const most = Math.max(1, ...lanes.flatMap((lane) => (lane.buckets ?? []).map((bucket) => bucket.possible)));
  return all.filter((lane) => lane.buckets || lane.records.length).map((lane) => {
    const picture = lane.records
      ? drawn(packed(lane.records, scale, widthOf), scale)
      : histogram(lane, scale, most);
    const of = lane.records ? recordsAndGrey(lane.records) : null;
    return element("section", { class: "lane" }, element("h3", {}, heading(lane, group), of && ` · ${of}`), picture);
  });
}

function histogram(lane, scale, most) {
  const fullest = lane.buckets.reduce((one, other) => (other.possible > one.possible ? other : one));
  const said = `${lane.name}: at most ${counted(fullest)} in ${fullest.bucket}`;
  return svg("svg", { width: scale.width, height: laneHeight, role: "img", "aria-label": said },
    ...bars(lane.buckets, scale, laneHeight - 2, most));
}

function heading({ value, name }, group) {
  if (value === null) return name;
  const asked = question();
  asked.delete("cursor");
  if (!asked.getAll(group).includes(value)) asked.append(group, value);
  return element("a", { href: address(asked).href }, element("bdi", {}, name));
}

/** Say how many records there are. */
export function records(number) {
  return `${number.toLocaleString("en")} ${number === 1 ? "record" : "records"}`;
}

/** Return rows of a table that says what the lanes show: their name, a record or a bucket, and its dates or counts. */
export function rowsOf({ lanes }) {
  return lanes.flatMap((lane) => (lane.records
    ? lane.records.map(({ record }) => [lane.name, linkTo(record), record.date.label, ...boundsInWords(record.date)])
    : lane.buckets.filter((bucket) => bucket.possible)
      .map((bucket) => [lane.name, bucket.bucket, ...numbers(bucket)])));
}

function recordsAndGrey(all) {
  const grey = all.filter(({ record }) => record.standing === "silent").length;
  return records(all.length - grey) + (grey ? `, ${grey} in grey` : "");
}

function linkTo({ ref, title, standing, said }) {
  const link = element("a", { href: below(`explore/${ref}`).href }, element("bdi", {}, title));
  return said ? element("span", { class: standing }, link, ` (${said})`) : link;
}

function boundsInWords({ start, end }) {
  return [start.earliest, start.latest, end.earliest, end.latest].map((day) => day ?? "open");
}
