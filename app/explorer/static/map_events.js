// Single records on the map: a mark for all that are at one position, shapes, and lines between the places of one.
import { circle, geoJSON, polyline } from "./leaflet-src.esm.js";
import { mark } from "./map_marks.js";
import { inTurn, nearest, turns } from "./map_window.js";
import { linkAsRead } from "./reading.js";
import { element, recordLink, table } from "./view.js";
import { number, words } from "./words.js";

const mostInPopup = 20;

/** Draw records, and return them as a table, null where there are none. */
export function drawRecords(layer, records, seen, open) {
  const positions = positionsOf(records);
  const most = Math.max(...[...positions.values()].map((spots) => spots.length));
  const around = { west: seen.west - 10, east: seen.east + 10 };
  for (const turn of turns(around)) {
    for (const record of records) drawLine(layer, record, turn);
    for (const spots of positions.values()) drawSurroundings(layer, spots, turn);
    for (const [key, spots] of positions) {
      const at = [spots[0].at[0], spots[0].at[1] + 360 * turn];
      if (at[1] < around.west || at[1] > around.east) continue;
      const titles = new Set(spots.map((spot) => spot.record.title));
      const { said } = spots[0].record;
      const name = titles.size > 1 ? `${number(titles.size)} records${placeNames(spots, " at ")}` : [...titles][0] + (said ? `; ${said}` : "");
      const certain = spots.filter(({ record }) => record.certain && record.standing !== "silent").length;
      const pressed = ({ byKey }) => open({ at, key: `${key} ${turn}`, content: popup(spots), byKey });
      mark(at, { certain, possible: spots.length, most, name, key: `${key} ${turn}`, standing: standingOf(spots), pressed }).addTo(layer);
    }
  }
  return records.length ? tableOf(records) : null;
}

function standingOf(spots) {
  if (spots.every(({ record }) => record.standing === "silent")) return "silent";
  return spots.some(({ record }) => (record.standing ?? "same") !== "same") ? "own" : "same";
}

function positionsOf(records) {
  const positions = new Map();
  for (const spot of records.flatMap((record) => record.spots)) {
    const key = spot.at.map((degrees) => degrees.toFixed(5)).join();
    if (!positions.has(key)) positions.set(key, []);
    positions.get(key).push(spot);
  }
  return positions;
}

function drawLine(layer, { spots, standing }, turn) {
  let before = null;
  const line = spots.map(({ at: [latitude, longitude] }) => {
    before = before === null ? longitude + 360 * turn : nearest(longitude, before);
    return [latitude, before];
  });
  if (line.length > 1) polyline(line, { className: `map-joined ${standing ?? ""}`, interactive: false, weight: 2 }).addTo(layer);
}

/** Draw what is more than a point, and how far off a place may be: each once, whatever happened there. */
function drawSurroundings(layer, spots, turn) {
  const different = new Map(spots.map((spot) => [JSON.stringify([spot.geometry, spot.metres]), spot]));
  for (const { geometry, metres, at } of different.values()) {
    if (metres) circle([at[0], at[1] + 360 * turn], { radius: metres, className: "map-precision", interactive: false }).addTo(layer);
    if (geometry.type === "Point") continue;
    const pointToLayer = (_, latLng) => circle(latLng, { radius: 1, className: "map-shape", interactive: false });
    geoJSON(geometry, { coordsToLatLng: inTurn(turn), pointToLayer, interactive: false, style: { className: "map-shape" } }).addTo(layer);
  }
}

function placeNames(spots, before = "") {
  const names = [...new Set(spots.map((spot) => spot.place?.title).filter(Boolean))];
  return names.length ? before + names.join(", ") : "";
}

function popup(spots) {
  const where = placeNames(spots);
  const content = element("div", { class: "map-popup" });
  if (where) content.append(element("p", { class: "map-where" }, element("bdi", {}, where)));
  const list = element("ul");
  for (const { record, role, metres } of spots.slice(0, mostInPopup)) {
    const facts = [...factsOf(record), role && words(role), metres ? `to within ${number(metres)} m` : null, record.said];
    list.append(element("li", {}, recordLink(record), element("div", { class: "facts" }, facts.filter(Boolean).join(" · "))));
  }
  content.append(list);
  if (spots.length > mostInPopup) content.append(element("p", {}, `and ${number(spots.length - mostInPopup)} more, in the table below`));
  return content;
}

function factsOf({ date, type }) {
  return [date?.label ?? "undated", type && words(type)];
}

function tableOf(records) {
  const rows = records.map((record) => {
    const [date, type] = factsOf(record);
    const where = record.spots.map(({ place, role, at }) => {
      const name = place?.title ?? `${at[0].toFixed(2)}, ${at[1].toFixed(2)}`;
      return element("li", {}, element("bdi", {}, name), role ? ` (${words(role)})` : null);
    });
    return [linkAsRead(record), date, type ?? "", element("ul", {}, ...where)];
  });
  return table("Records on the map", ["Title", "Date", "Type", "Places"], rows);
}
