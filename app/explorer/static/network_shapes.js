// The shapes that tell the kinds of records apart in a network.
import { element, svg } from "./view.js";

const shapes = {
  event: "M0-8a8 8 0 1 0 0 16a8 8 0 1 0 0-16z",
  actor: "M-7-7h14v14h-14z",
  place: "M0-10l10 10l-10 10l-10-10z",
  agreement: "M-5-8h10l5 8l-5 8h-10l-5-8z",
  mission: "M0-9l9 16h-18z",
  source: "M-5-9h10v18h-10z",
};

export function shapeOf(kind) {
  return svg("path", { class: `shape ${kind}`, d: shapes[kind] ?? shapes.event });
}

export function legend(kinds) {
  return element("ul", { "aria-label": "Shapes" }, ...Object.keys(shapes).filter((kind) => kinds.has(kind)).map((kind) =>
    element("li", {}, svg("svg", { viewBox: "-12 -12 24 24", width: 18, height: 18, "aria-hidden": "true" }, shapeOf(kind)), ` ${kind}`)));
}
