// Labels of a picture: those of the greatest weight are placed, and those that would lie over others are hidden.
import { svg } from "./view.js";

const perLetter = 6.6;
const lineHeight = 15;
const longestTitle = 34;
const longestTie = 48;
const shapeSize = 9;

/** Place labels beside records and on ties; an item has x and y, a text, and a weight. */
export function placeLabels(group, [width, height], records, ties) {
  const taken = records.map(({ x, y }) => (
    { left: x - shapeSize, right: x + shapeSize, top: y - shapeSize, bottom: y + shapeSize }));
  const made = [];
  const heaviestFirst = (one, other) => other.weight - one.weight;
  const place = (item, dx, name, anchor, longest) => {
    const letters = [...item.text];
    const text = letters.length > longest ? `${letters.slice(0, longest - 1).join("")}…` : item.text;
    const wide = Math.min(letters.length, longest) * perLetter;
    const left = { start: item.x + dx, middle: item.x - wide / 2, end: item.x + dx - wide }[anchor];
    if (left > width || left + wide < 0 || item.y < 0 || item.y > height) return true;
    const box = { left, right: left + wide, top: item.y - lineHeight / 2, bottom: item.y + lineHeight / 2 };
    if (taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top)) return false;
    taken.push(box);
    return made.push(svg("text", { class: name, x: (item.x + dx).toFixed(1), y: (item.y + 4).toFixed(1), "text-anchor": anchor }, text));
  };
  for (const item of records.sort(heaviestFirst)) {
    const atEdge = item.x + longestTitle * perLetter > width;
    if (atEdge) place(item, -13, "of-record", "end", longestTitle) || place(item, 13, "of-record", "start", longestTitle);
    else place(item, 13, "of-record", "start", longestTitle) || place(item, -13, "of-record", "end", longestTitle);
  }
  for (const item of ties.sort(heaviestFirst)) place(item, 0, "of-tie", "middle", longestTie);
  group.replaceChildren(...made);
}
