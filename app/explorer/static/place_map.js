// The small map on the page of a record: where it was, as the record says in words beside it.
import { circleMarker, geoJSON } from "./leaflet-src.esm.js";
import { getJson } from "./api.js";
import { baseMap } from "./map_base.js";
import { boundsOf, inTurn, reachesBeyondMap, windowOfBox } from "./map_window.js";

const nearest = 5;

class PlaceMap extends HTMLElement {
  async connectedCallback() {
    const asked = new URLSearchParams({ format: "geojson" });
    if (this.dataset.policy) asked.set("policy", this.dataset.policy);
    const { bbox, geometry } = await getJson(`v1/${this.dataset.ref}`, asked);
    if (!geometry || !this.isConnected) return;
    this.append(this.querySelector("template").content.cloneNode(true));
    const map = baseMap(this.querySelector(".map"));
    const pointToLayer = (_, at) => circleMarker(at, { radius: 7, interactive: false });
    const area = windowOfBox(bbox);
    // A shape that crosses the antimeridian is cut there (RFC 7946, section 3.1.9); what is east of it follows.
    const coordsToLatLng = (position) => inTurn(position[0] < area.west ? 1 : 0)(position);
    map.fitBounds(boundsOf(area), { animate: false, maxZoom: reachesBeyondMap(area) ? 1 : nearest, padding: [24, 24] });
    geoJSON(geometry, { coordsToLatLng, pointToLayer, interactive: false, style: { className: "map-shape" } }).addTo(map);
  }
}

customElements.define("annals-place-map", PlaceMap);
