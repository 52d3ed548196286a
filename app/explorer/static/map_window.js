// Windows on the map in degrees. East is greater than west, beyond 180 where a window crosses the antimeridian.

const sizes = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 45, 90];
const leastPixels = 56;
const lastLatitude = 85.06;

export function wrapped(longitude) {
  return Math.abs(longitude) <= 180 ? longitude : longitude - 360 * Math.floor((longitude + 180) / 360);
}

export function nearest(longitude, other) {
  return longitude + 360 * Math.round((other - longitude) / 360);
}

export function seenOn(map) {
  const [seen, { min, max }, world] = [map.getBounds(), map.getPixelBounds(), map.getPixelWorldBounds()];
  // What lies beyond the last latitude that the map has stands at its edge.
  const south = max.y >= world.max.y - 1 ? -90 : seen.getSouth();
  const north = min.y <= world.min.y + 1 ? 90 : seen.getNorth();
  return { west: seen.getWest(), south, east: seen.getEast(), north };
}

export function reachesBeyondMap({ south, north }) {
  return Math.max(north, -south) > lastLatitude;
}

export function turns({ west, east }) {
  const found = [];
  for (let turn = Math.floor((west + 180) / 360); turn * 360 - 180 < east; turn += 1) found.push(turn);
  return found;
}

export function windowOf(text) {
  const [west, south, east, north, ...more] = (text ?? "").split(",").map(Number);
  if (more.length || !Number.isFinite(west + south + east + north)) return null;
  return { west, south, east: east < west ? east + 360 : east, north };
}

export function bboxOf({ west, south, east, north }) {
  const all = east - west >= 360;
  const sides = [all ? -180 : wrapped(west), Math.max(south, -90), all ? 180 : wrapped(east), Math.min(north, 90)];
  return sides.map((side) => Number(side.toFixed(4))).join(",");
}

export function turned(area, turn) {
  return { ...area, west: area.west + 360 * turn, east: area.east + 360 * turn };
}

export function middleOf({ west, south, east, north }) {
  return [(south + north) / 2, (west + east) / 2];
}

/** Return the window of a box of GeoJSON. */
export function windowOfBox(bbox) {
  return windowOf(bbox.filter((_, n) => n % (bbox.length / 2) < 2).join());
}

export function boundsOf({ west, south, east, north }) {
  return [[south, west], [north, east]];
}

/** Return what makes a position of Leaflet of one of GeoJSON, in a turn around the world. */
export function inTurn(turn) {
  return ([longitude, latitude]) => [latitude, longitude + 360 * turn];
}

/** Return what two windows have in common: the whole of the second where that is in two parts, null where it is nothing. */
export function common(first, second) {
  const found = [];
  for (const turn of [-2, -1, 0, 1, 2]) {
    const other = turned(second, turn);
    const [west, east] = [Math.max(first.west, other.west), Math.min(first.east, other.east)];
    if (west <= east) found.push({ west, east });
  }
  const [south, north] = [Math.max(first.south, second.south), Math.min(first.north, second.north)];
  if (!found.length || south > north) return null;
  return found.length > 1 ? { ...second, south, north } : { ...found[0], south, north };
}

/** Return the smallest window around boxes: it begins east of the widest gap between them. */
export function around(boxes) {
  const ranges = boxes.map(({ west, east }) => [west, east < west ? east + 360 : east]).sort((a, b) => a[0] - b[0]);
  let [begin, widest, reached] = [0, -1, ranges[0][1]];
  ranges.forEach(([west, east], index) => {
    if (index && west - reached > widest) [begin, widest] = [index, west - reached];
    reached = Math.max(reached, east);
  });
  if (ranges[0][0] + 360 - reached >= widest) begin = 0;
  const moved = [...ranges.slice(begin), ...ranges.slice(0, begin).map(([west, east]) => [west + 360, east + 360])];
  const west = moved[0][0];
  return {
    west,
    south: Math.min(...boxes.map((box) => box.south)),
    east: Math.min(Math.max(...moved.map((range) => range[1])), west + 360),
    north: Math.max(...boxes.map((box) => box.north)),
  };
}

export function cellAt(zoom) {
  return sizes.find((size) => (size * 256 * 2 ** zoom) / 360 >= leastPixels) ?? sizes.at(-1);
}

export function inWords({ west, south, east, north }) {
  const latitude = (degrees) => `${Math.abs(degrees)}°${degrees ? (degrees < 0 ? " S" : " N") : ""}`;
  const longitude = (degrees) => `${Math.abs(degrees)}°${degrees % 180 ? (degrees < 0 ? " W" : " E") : ""}`;
  return `${latitude(south)} to ${latitude(north)}, ${longitude(west)} to ${longitude(east)}`;
}

export function positionOf(text) {
  const [zoom, latitude, longitude, ...more] = (text ?? "").split("/").map((part) => (part ? Number(part) : NaN));
  if (more.length || !Number.isFinite(zoom + latitude + longitude)) return null;
  if (zoom < 0 || Math.abs(latitude) > 90) return null;
  return { zoom, at: [latitude, wrapped(longitude)] };
}

export function positionOn(map) {
  const { lat, lng } = map.getCenter();
  return `${map.getZoom()}/${lat.toFixed(4)}/${wrapped(lng).toFixed(4)}`;
}
