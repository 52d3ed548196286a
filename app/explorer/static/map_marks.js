// What stands on the map: circles with a number, as large as how many there may be, solid as far as there must be.
import { DivIcon, marker } from "./leaflet-src.esm.js";
import { element, svg } from "./view.js";
import { number } from "./words.js";

const leastRadius = 7;
const leastAroundNumber = 12;
const mostRadius = 26;

function radius(count, most) {
  const least = count > 1 ? leastAroundNumber : leastRadius;
  return Math.max(least, mostRadius * Math.sqrt(count / Math.max(most, 20)));
}

function icon(certain, possible, most, standing) {
  const whole = radius(possible, most);
  const size = 2 * (whole + 1);
  const circle = (name, r) => svg("circle", { class: name, cx: size / 2, cy: size / 2, r });
  const drawn = svg("svg", { width: size, height: size, "aria-hidden": "true" }, circle("possible", whole));
  if (certain) drawn.append(circle("certain", whole * Math.sqrt(Math.min(certain / possible, 1))));
  const html = element("div", {}, drawn, possible > 1 ? element("span", { class: "map-number", "aria-hidden": "true" }, number(possible)) : null);
  return new DivIcon({ className: `map-mark ${standing}`, html, iconSize: [size, size], popupAnchor: [0, -size / 2] });
}

export function mark(at, { certain, possible, most, name, key, standing = "same", pressed }) {
  const made = marker(at, { icon: icon(certain, possible, most, standing), riseOnHover: true });
  made.on("add", () => {
    const shown = made.getElement();
    shown.setAttribute("aria-label", name);
    shown.dataset.key = key;
    // Leaflet makes a click of Enter alone, and loses focus when marks are drawn anew.
    shown.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      pressed({ byKey: true });
    });
  });
  made.on("click", () => pressed({ byKey: false }));
  return made;
}
