// Asking for single records in a window of the map, and where each of them was.
import { getAll, getRecords, withValues } from "./api.js";
import { around, bboxOf, middleOf, nearest } from "./map_window.js";
import { askBeside } from "./reading.js";

const mostPlaces = 1000;
const timed = ["when", "on_day", "in_force_on", "figure"];
const ofPlaces = ["policy", "lang"];

/** A record at one of its places. */
class Spot {
  constructor(record, geometry, link, place) {
    this.record = record;
    this.geometry = geometry;
    this.area = windowAround(geometry);
    this.role = link?.role ?? null;
    this.place = place ?? null;
    const own = place?.precision.get(JSON.stringify(geometry)) ?? 0;
    this.metres = own + (link?.precision_m ?? 0);
  }

  /** Where its middle is; the antimeridian is at 180. */
  get at() {
    const [latitude, longitude] = middleOf(this.area);
    return [latitude, nearest(longitude, 0)];
  }
}

/** Ask for the `records` of some kinds in a window; `cut`: there are more; `told`: how they stand to the source that is read. */
export async function askForRecords(asked, kinds, area, most, signal) {
  const found = await askBeside((parameters) => askForFound(parameters, kinds, area, most, signal), asked, "places", signal);
  for (const record of found.records) for (const spot of record.spots) spot.record = record;
  return found;
}

async function askForFound(asked, kinds, area, most, signal) {
  const records = [];
  let cut = false;
  for (const kind of kinds) {
    const parameters = withValues(asked, { bbox: bboxOf(area) });
    const options = { most: most - records.length, signal };
    const [{ items, more }, certain] = await Promise.all([askForFeatures(kind, parameters, options), askForCertain(kind, parameters, options)]);
    cut ||= more;
    for (const one of items) records.push({ ...one, certain: certain === null || certain.has(one.id) });
  }
  const places = await askForPlaces(records, asked, signal);
  for (const record of records) record.spots = [...spotsOf(record, places)];
  return { records, cut };
}

function askForFeatures(kind, asked, options) {
  const fields = kind === "place" ? "title,type,date,geometry,geometries" : "title,type,date,places";
  return getAll(`v1/${kind}s`, withValues(asked, { format: "geojson", fields }), { ...options, itemsOf: recordsOf });
}

function recordsOf({ features }) {
  return features.map(({ id, geometry, properties }) => ({ ...properties, ref: id, geometry }));
}

/** Return the ids of those that match certainly; null where all do, as nothing that is asked is uncertain. */
async function askForCertain(kind, asked, options) {
  if (asked.get("certainty") === "certain" || !timed.some((name) => asked.has(name))) return null;
  const { items } = await getAll(`v1/${kind}s`, withValues(asked, { certainty: "certain", fields: "title" }), options);
  return new Set(items.map((one) => one.id));
}

async function askForPlaces(records, asked, signal) {
  const refs = new Set(records.flatMap((record) => (record.places ?? []).map((link) => link.place)));
  const parameters = new URLSearchParams({ fields: "title,geometry,geometries", format: "geojson" });
  for (const name of ofPlaces) if (asked.has(name)) parameters.set(name, asked.get(name));
  const found = await getRecords([...refs].slice(0, mostPlaces), parameters, { signal, itemsOf: recordsOf });
  return new Map([...found].map(([ref, place]) => [ref, knownOf(place)]));
}

function knownOf({ title, geometry, geometries }) {
  const precision = new Map();
  for (const one of [{ geometry }, ...(geometries ?? [])]) {
    for (const part of partsOf(one.geometry)) precision.set(JSON.stringify(part), one.precision_m ?? 0);
  }
  return { title, precision };
}

function* spotsOf(record, places) {
  const links = record.places ?? [];
  const itself = record.kind === "place" ? knownOf(record) : null;
  for (const geometry of partsOf(record.geometry)) {
    const same = JSON.stringify(geometry);
    const link = links.length === 1 ? links[0] : links.find((one) => places.get(one.place)?.precision.has(same));
    yield new Spot(record, geometry, link, itself ?? places.get(link?.place));
  }
}

function partsOf(geometry) {
  if (!geometry) return [];
  return geometry.type === "GeometryCollection" ? geometry.geometries.flatMap(partsOf) : [geometry];
}

function windowAround({ type, coordinates }) {
  // A shape that crosses the antimeridian is cut there (RFC 7946 §3.1.9): its members are apart.
  const members = type.startsWith("Multi") ? coordinates : [coordinates];
  return around(members.map(boxOf));
}

function boxOf(coordinates) {
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  const add = (inside) => {
    if (Array.isArray(inside[0])) return inside.forEach(add);
    const [x, y] = inside;
    box.west = Math.min(box.west, x);
    box.east = Math.max(box.east, x);
    box.south = Math.min(box.south, y);
    box.north = Math.max(box.north, y);
  };
  add(coordinates);
  return box;
}
