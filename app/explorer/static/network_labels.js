// Labels of a picture: those of the greatest weight are placed, and those that would lie over others are hidden.
import { svg } from "./view.js";

const perLetter = 6.6;
const lineHeight = 15;
const longestTitle = 34;
const longestTie = 48;
const shapeSize = 9;
const beside = 13;

/** An item has x and y, a text and a weight, and is `forced` where it is shown whatever lies below it. */
export function placeLabels(group, [width, height], records, ties) {
  const taken = records.map(({ x, y }) => (
    { left: x - shapeSize, right: x + shapeSize, top: y - shapeSize, bottom: y + shapeSize }));
  const made = [];

  function place(item, name, anchor, longest) {
    const letters = [...item.text];
    const text = letters.length > longest ? `${letters.slice(0, longest - 1).join("")}…` : item.text;
    const wide = Math.min(letters.length, longest) * perLetter;
    const x = item.x + { start: beside, middle: 0, end: -beside }[anchor];
    const left = x - { start: 0, middle: wide / 2, end: wide }[anchor];
    const box = { left, right: left + wide, top: item.y - lineHeight / 2, bottom: item.y + lineHeight / 2 };
    if (box.left < 0 || box.right > width || box.top < 0 || box.bottom > height) return false;
    const overlaps = (other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top;
    if (!item.forced && taken.some(overlaps)) return false;
    taken.push(box);
    made.push(svg("text", { class: name, x: x.toFixed(1), y: (item.y + 4).toFixed(1), "text-anchor": anchor }, text));
    return true;
  }

  const heaviestFirst = (one, other) => other.weight - one.weight;
  for (const item of records.sort(heaviestFirst)) {
    place(item, "of-record", "start", longestTitle) || place(item, "of-record", "end", longestTitle);
  }
  for (const item of ties.sort(heaviestFirst)) place(item, "of-tie", "middle", longestTie);
  group.replaceChildren(...made);
}
