// The map under everything: land that the service itself has, lines of latitude and longitude, and tiles where they are set.
import { geoJSON, LayerGroup, Map as LeafletMap, polyline, tileLayer } from "./leaflet-src.esm.js";
import { inTurn, seenOn, turns } from "./map_window.js";

const fineFrom = 5;
const panes = { land: 150, graticule: 250 };
const loaded = new Map();

const { mapTiles: tiles } = document.documentElement.dataset;

function land(scale) {
  if (!loaded.has(scale)) {
    const asked = fetch(new URL(`./land-${scale}.json`, import.meta.url)).then((answer) => answer.json());
    loaded.set(scale, asked);
    asked.catch(() => loaded.delete(scale));
  }
  return loaded.get(scale);
}

export function baseMap(container) {
  const moves = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = new LeafletMap(container, {
    attributionControl: false,
    fadeAnimation: moves,
    inertia: moves,
    markerZoomAnimation: moves,
    maxZoom: 18,
    minZoom: leastZoom(container),
    // The wheel scrolls the page until the map is being used.
    scrollWheelZoom: false,
    worldCopyJump: true,
    zoomAnimation: moves,
    zoomSnap: 0.5,
  });
  map.on("focus", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());
  map.on("resize", () => map.setMinZoom(leastZoom(container)));
  for (const [name, index] of Object.entries(panes)) map.createPane(name).style.zIndex = index;
  if (tiles) tileLayer(tiles, { maxZoom: 18 }).addTo(map);
  drawLand(map);
  drawGraticule(map);
  return map;
}

function leastZoom(container) {
  return Math.max(1, Math.floor(2 * Math.log2((container.clientWidth || 512) / 256)) / 2);
}

function drawLand(map) {
  const shown = new Map();
  const update = async () => {
    const scale = map.getZoom() < fineFrom ? "110m" : "50m";
    const { west, east } = seenOn(map);
    // Land that crosses the antimeridian is whole, and reaches into the next turn.
    const wanted = new Set(turns({ west: west - 20, east: east + 20 }).map((turn) => `${scale} ${turn}`));
    const drawn = await land(scale);
    for (const name of wanted) {
      if (shown.has(name)) continue;
      const turn = Number(name.split(" ")[1]);
      const layer = geoJSON(drawn, { coordsToLatLng: inTurn(turn), interactive: false, pane: "land", style: { className: "map-land" } });
      shown.set(name, layer.addTo(map));
    }
    for (const [name, layer] of shown) {
      if (wanted.has(name)) continue;
      layer.remove();
      shown.delete(name);
    }
  };
  map.on("moveend", () => update().catch(() => null));
}

function drawGraticule(map) {
  const lines = new LayerGroup().addTo(map);
  map.on("moveend", () => {
    const { west, south, east, north } = seenOn(map);
    const step = [30, 30, 30, 30, 10, 10, 5, 2, 1][Math.floor(map.getZoom())] ?? 1;
    lines.clearLayers();
    const options = { className: "map-line", interactive: false, pane: "graticule", weight: 1 };
    const from = (degrees) => Math.ceil(degrees / step) * step;
    for (let x = from(west); x <= east; x += step) polyline([[south, x], [north, x]], options).addTo(lines);
    for (let y = from(south); y <= north; y += step) polyline([[y, west], [y, east]], options).addTo(lines);
  });
}
