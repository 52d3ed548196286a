// Asking for single records in a window of the map, and where each of them was.
import { getPage } from "./api.js";
import { around, bboxOf } from "./map_window.js";

const perPage = 500;
const idsAtOnce = 200;
const mostPlaces = 1000;
const timed = ["when", "on_day", "in_force_on", "figure"];
const ofPlaces = ["policy", "lang"];

/** A record at one of its places: `area` is the window around that, `place` what is known of it, where it is known. */
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

  get at() {
    return [(this.area.south + this.area.north) / 2, (this.area.west + this.area.east) / 2];
  }
}

/** Ask for the records of some kinds in a window, at most so many of them; says whether there are more. */
export async function askForRecords(asked, kinds, area, most, signal) {
  const found = [];
  let cut = false;
  for (const kind of kinds) {
    const parameters = new URLSearchParams(asked);
    parameters.set("bbox", bboxOf(area));
    const pages = await Promise.all([
      askForFeatures(kind, parameters, most - found.length, signal),
      askForCertain(kind, parameters, most - found.length, signal),
    ]);
    const [{ features, more }, certain] = pages;
    cut ||= more;
    for (const { id, geometry, properties } of features) {
      found.push({ ref: id, geometry, ...properties, certain: certain === null || certain.has(properties.id) });
    }
  }
  const places = await askForPlaces(found, asked, signal);
  for (const record of found) record.spots = [...spotsOf(record, places)];
  return { records: found, cut };
}

async function askForFeatures(kind, asked, most, signal) {
  const fields = kind === "place" ? "title,type,date,geometry,geometries" : "title,type,date,places";
  return askForPages(kind, { asked, most, signal, format: "geojson", fields }, (page) => page.features);
}

/** Return the ids of those that match certainly; null where all do, as nothing that is asked is uncertain. */
async function askForCertain(kind, asked, most, signal) {
  if (asked.get("certainty") === "certain" || !timed.some((name) => asked.has(name))) return null;
  const parameters = new URLSearchParams(asked);
  parameters.set("certainty", "certain");
  const { features } = await askForPages(kind, { asked: parameters, most, signal, format: "json", fields: "title" }, (page) => page.items);
  return new Set(features.map((one) => one.id));
}

async function askForPages(kind, { asked, most, signal, format, fields }, itemsOf) {
  const parameters = new URLSearchParams(asked);
  parameters.set("format", format);
  parameters.set("fields", fields);
  const features = [];
  let more = true;
  while (more && features.length < most) {
    parameters.set("limit", Math.min(perPage, most - features.length));
    const { answer, next } = await getPage(`v1/${kind}s`, parameters, { signal });
    features.push(...itemsOf(answer));
    parameters.set("cursor", next ?? "");
    more = next !== null;
  }
  return { features, more };
}

/** Return what is known of the places of records: names, and of each of their geometries how far off it may be. */
async function askForPlaces(records, asked, signal) {
  const refs = new Set(records.flatMap((record) => (record.places ?? []).map((link) => link.place)));
  const ids = [...refs].slice(0, mostPlaces).map((ref) => ref.slice("places/".length));
  const known = new Map();
  while (ids.length) {
    const parameters = new URLSearchParams();
    for (const name of ofPlaces) if (asked.has(name)) parameters.set(name, asked.get(name));
    parameters.set("ids", ids.splice(0, idsAtOnce).join(","));
    const fields = { asked: parameters, most: idsAtOnce, signal, format: "geojson", fields: "title,geometry,geometries" };
    const { features } = await askForPages("place", fields, (page) => page.features);
    for (const { id, geometry, properties } of features) known.set(id, knownOf(id, geometry, properties));
  }
  return known;
}

function knownOf(id, geometry, { title, geometries }) {
  const precision = new Map();
  for (const one of [{ geometry }, ...(geometries ?? [])]) {
    for (const part of partsOf(one.geometry)) precision.set(JSON.stringify(part), one.precision_m ?? 0);
  }
  return { id, title, precision };
}

/** Yield a record at each of its places. A geometry is that of the place which has the same; of a single place it always is. */
function* spotsOf(record, places) {
  const links = record.places ?? [];
  const itself = record.kind === "place" ? knownOf(record.ref, record.geometry, record) : null;
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
