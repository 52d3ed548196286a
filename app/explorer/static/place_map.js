// The small map on the page of a record: where it was, as the record says in words beside it.
import { circleMarker, geoJSON } from "./leaflet-src.esm.js";
import { getJson } from "./api.js";
import { baseMap } from "./map_base.js";
import { element } from "./view.js";

const nearest = 5;

class PlaceMap extends HTMLElement {
  async connectedCallback() {
    const asked = new URLSearchParams({ format: "geojson" });
    if (this.dataset.policy) asked.set("policy", this.dataset.policy);
    const { geometry } = await getJson(`v1/${this.dataset.ref}`, asked);
    if (!geometry || !this.isConnected) return;
    const container = element("div", { class: "map", role: "group", "aria-label": "Small map" });
    this.append(container, this.querySelector("template").content.cloneNode(true));
    const map = baseMap(container);
    const pointToLayer = (_, at) => circleMarker(at, { radius: 7, interactive: false });
    const drawn = geoJSON(geometry, { pointToLayer, interactive: false, style: { className: "map-shape" } });
    map.fitBounds(drawn.getBounds(), { animate: false, maxZoom: nearest, padding: [24, 24] });
    drawn.addTo(map);
  }
}

customElements.define("annals-place-map", PlaceMap);
