// The map: how many records there are where, and single ones where they are few. What is seen is in the address bar as `at`.
import { circle, LayerGroup, Popup, rectangle } from "./leaflet-src.esm.js";
import { address, change, question, questionOfApi } from "./address.js";
import { getJson, Problem, without, withValues } from "./api.js";
import { baseMap } from "./map_base.js";
import { drawCells } from "./map_cells.js";
import { drawRecords } from "./map_events.js";
import { askForRecords } from "./map_records.js";
import { around, bboxOf, boundsOf, cellAt, common, middleOf, positionOf, positionOn, reachesBeyondMap, seenOn, turned, windowOf, windowOfBox, wrapped } from "./map_window.js";
import { element, View } from "./view.js";
import { count, number } from "./words.js";

const world = { west: -180, south: -90, east: 180, north: 90 };
const few = 500;
const worthCounting = 10 * few;
const mostRecords = 2000;
const nearBy = 12;
const closest = 9;
// In metres, as what is all in one place is first seen.
const aroundOnePlace = 250_000;
const wait = 150;

class MapView extends View {
  #map = null;
  #frame;
  #parts = {};
  #layers = { filter: new LayerGroup(), records: new LayerGroup() };
  #signal = AbortSignal.abort();
  #moving = new AbortController();
  #waiting = 0;
  #area = null;
  #resized = new ResizeObserver(() => this.#map?.invalidateSize({ pan: false }));

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#waiting);
    this.#moving.abort();
  }

  async draw(signal) {
    // The element may be about to be put elsewhere: only what is there then is drawn.
    await null;
    if (signal.aborted) return;
    this.#signal = signal;
    this.#map ??= this.#open();
    if (!this.contains(this.#frame)) this.replaceChildren(this.#frame);
    this.#map.closePopup();
    await this.#place(signal);
    if (!signal.aborted) await this.#show();
  }

  #open() {
    this.#frame = element("div", { class: "map-view" }, this.querySelector("template").content.cloneNode(true));
    const part = (selector) => this.#frame.querySelector(selector);
    const shown = part(".map");
    this.#parts = { shown, told: part(".map-told"), numbers: part(".map-table") };
    part("#map-in-view").addEventListener("click", () => this.#filterByView());
    part("#map-fit").addEventListener("click", () => this.#fit(this.#signal).catch((error) => this.#tell(error.message, true)));
    this.replaceChildren(this.#frame);
    const map = baseMap(shown);
    for (const layer of Object.values(this.#layers)) layer.addTo(map);
    map.on("moveend", () => this.#moved());
    this.#resized.observe(shown);
    shown.addEventListener("keydown", (event) => event.key === "Escape" && map.closePopup());
    return map;
  }


  async #place(signal) {
    const asked = question();
    const area = areaAsked(asked);
    const [position, before] = [positionOf(asked.get("at")), this.#area];
    await this.#drawFilter(asked, signal);
    if (signal.aborted) return;
    // An entry of the history that the map has been seen in says where that was, and so does the address of a new page;
    // links of this page say where it was when that was loaded.
    if (position && (before === null || history.state?.seenOnMap)) this.#map.setView(position.at, position.zoom, { animate: false });
    else if (before === null || (area !== before && area.trim())) await this.#fit(signal);
    this.#area = area;
    this.#keepPosition();
  }

  async #drawFilter(asked, signal) {
    const layer = this.#layers.filter;
    layer.clearLayers();
    const options = { className: "map-filter", interactive: false };
    const box = windowOf(asked.get("bbox"));
    const near = await this.#near(asked, signal);
    for (const turn of [-1, 0, 1]) {
      if (box) rectangle(boundsOf(turned(box, turn)), options).addTo(layer);
      if (near) circle([near.at[0], near.at[1] + 360 * turn], { ...options, radius: near.metres }).addTo(layer);
    }
    this.#parts.filtered = box ?? (near && windowNear(near));
  }

  async #near(asked, signal) {
    const [near, metres] = [asked.get("near"), 1000 * Number(asked.get("within_km"))];
    if (!near) return null;
    if (!near.startsWith("places/")) return { at: near.split(",").map(Number), metres };
    const { bbox } = await getJson(`v1/${near}`, new URLSearchParams({ format: "geojson" }), { signal });
    if (!bbox) return null;
    return { at: middleOf(windowOfBox(bbox)), metres };
  }

  async #fit(signal) {
    const { filtered } = this.#parts;
    this.#map.fitBounds(boundsOf(filtered ?? (await this.#areaOfAll(signal))), { maxZoom: filtered ? nearBy : closest, animate: false })
      .panInsideBounds([[-90, -900], [90, 900]], { animate: false });
  }

  async #areaOfAll(signal) {
    let [area, cell, isOnePlace] = [world, 10, false];
    for (let round = 0; round < 4; round += 1) {
      const { items } = await getJson("v1/density", ofCells(area, cell), { signal });
      if (!items.length) break;
      area = around(items);
      // A place that lies on the edge of a cell is in two of them.
      isOnePlace = Math.max(area.east - area.west, area.north - area.south) <= 2 * cell;
      const next = cellAt(Math.min(this.#map.getBoundsZoom(boundsOf(area)), closest) + 1);
      if (next >= cell || (next < 1 && sumOf(items) > worthCounting)) break;
      cell = next;
    }
    if (isOnePlace) return windowNear({ at: middleOf(area), metres: aroundOnePlace });
    return area === world ? { ...world, south: -60, north: 75 } : area;
  }

  #moved() {
    const { lat, lng } = this.#map.getCenter();
    const center = [Math.min(Math.max(lat, -85), 85), wrapped(lng)];
    if (center[0] !== lat || center[1] !== lng) return this.#map.setView(center, this.#map.getZoom(), { animate: false });
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => {
      this.#keepPosition();
      this.#show();
    }, wait);
  }

  #keepPosition() {
    if (this.#signal.aborted) return;
    const asked = question();
    asked.set("at", positionOn(this.#map));
    history.replaceState({ ...history.state, seenOnMap: true }, "", address(asked));
  }

  #filterByView() {
    const bbox = bboxOf(seenOn(this.#map));
    this.#area = areaAsked(withValues(question(), { bbox }));
    change({ bbox });
  }


  async #show() {
    clearTimeout(this.#waiting);
    this.#moving.abort();
    this.#moving = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#moving.signal]);
    try {
      await this.#ask(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#tell(error instanceof Problem ? error.message : `The map could not be drawn: ${error.message}`, true);
      if (!(error instanceof Problem)) throw error;
    }
  }

  async #ask(signal) {
    const seen = seenOn(this.#map);
    const box = windowOf(question().get("bbox"));
    const area = box ? common(seen, box) : seen;
    if (!area) return this.#draw(() => null, "Nothing of the area that is asked for is in view.");
    const cell = cellAt(this.#map.getZoom());
    const { items, without_place: placeless } = await getJson("v1/density", ofCells(area, cell), { signal });
    const kinds = questionOfApi().get("kind").split(",");
    // Where the records have to lie in a box, those without a place are not among them.
    const missing = placeless && !box ? `${number(placeless)} found without a place on the map.` : "";
    if (this.#map.getZoom() >= nearBy || (await this.#areFew(items, kinds, area, signal))) {
      const { records, cut, told: reading = "" } = await askForRecords(ofRecords(), kinds, area, mostRecords, signal);
      const told = cut ? `The first ${number(records.length)} records in view; there are more.` : count(records.length, "record");
      const notes = toldOfEdge(records.flatMap(({ spots }) => spots).map((spot) => spot.area)) + reading;
      const draw = (layer) => drawRecords(layer, records, seen, (popup) => this.#popUp(popup));
      return this.#draw(draw, `${told}${cut ? "" : " in view."} ${notes}${missing}`);
    }
    return this.#draw((layer) => drawCells(layer, items, seen, (one) => this.#zoomInto(one)), `Counted in cells of ${cell}°, at the edges whole ones. ${toldOfEdge(items)}${missing}`);
  }

  async #areFew(cells, kinds, area, signal) {
    const total = sumOf(cells);
    if (total <= few) return true;
    // A record is in as many cells as it reaches into.
    if (total > worthCounting || cells.some((cell) => cell.possible > few)) return false;
    const asked = withValues(ofRecords(), { bbox: bboxOf(area), count: "exact", limit: 1, fields: "title" });
    const counted = await Promise.all(kinds.map((kind) => getJson(`v1/${kind}s`, asked, { signal })));
    return counted.reduce((sum, page) => sum + page.count, 0) <= few;
  }

  #draw(draw, told) {
    const focused = document.activeElement?.dataset?.key;
    this.#layers.records.clearLayers();
    this.#parts.numbers.replaceChildren(draw(this.#layers.records) ?? element("p", {}, "There is nothing to count."));
    this.#tell(told);
    if (focused) this.#focus(focused);
  }

  #tell(text, isFault = false) {
    this.#parts.told.textContent = text;
    this.#parts.told.classList.toggle("fault", isFault);
  }

  #focus(key) {
    const marks = [...this.#parts.shown.querySelectorAll("[data-key]")];
    (marks.find((one) => one.dataset.key === key) ?? this.#parts.shown).focus({ preventScroll: true });
  }

  #zoomInto(area) {
    this.#parts.shown.focus({ preventScroll: true });
    this.#map.fitBounds(boundsOf(area));
  }

  #popUp({ at, key, content, byKey }) {
    const popup = new Popup({ maxHeight: 260, maxWidth: Math.min(320, this.#parts.shown.clientWidth - 80) }).setLatLng(at).setContent(content);
    popup.on("remove", () => {
      const focused = document.activeElement;
      if (content.contains(focused) || (byKey && focused === document.body)) this.#focus(key);
    });
    popup.openOn(this.#map);
    if (byKey) content.querySelector("a")?.focus();
  }
}

function areaAsked(asked) {
  return ["bbox", "near", "within_km"].map((name) => asked.get(name)).join(" ");
}

function toldOfEdge(areas) {
  return areas.some(reachesBeyondMap) ? "What lies beyond 85° of latitude stands at the map's edge. " : "";
}

function sumOf(cells) {
  return cells.reduce((sum, cell) => sum + cell.possible, 0);
}

function ofRecords() {
  return without(questionOfApi({ kinds: false }), "sort");
}

function ofCells(area, cell) {
  return without(withValues(questionOfApi(), { bbox: bboxOf(area), cell }), "sort", "lang");
}

function windowNear({ at: [latitude, longitude], metres }) {
  const degrees = metres / 111_195;
  const wide = Math.min(degrees / Math.max(Math.cos((latitude * Math.PI) / 180), 0.01), 180);
  return { west: longitude - wide, south: Math.max(latitude - degrees, -90), east: longitude + wide, north: Math.min(latitude + degrees, 90) };
}

customElements.define("annals-map", MapView);
