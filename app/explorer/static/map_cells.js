// Counts in cells of the map, where there are too many records to be seen one by one.
import { address, question } from "./address.js";
import { without, withValues } from "./api.js";
import { mark } from "./map_marks.js";
import { bboxOf, inWords, middleOf, turned, turns } from "./map_window.js";
import { element, table } from "./view.js";
import { number } from "./words.js";

const mostRows = 500;

/** Draw cells, and return them as a table. */
export function drawCells(layer, cells, seen, zoomTo) {
  const most = Math.max(...cells.map((cell) => cell.possible));
  for (const turn of turns(seen)) {
    for (const cell of cells) {
      const area = turned(cell, turn);
      const at = middleOf(area);
      if (at[1] < seen.west - 90 || at[1] > seen.east + 90) continue;
      const name = `${inWords(cell)}: ${counts(cell)}. Zoom in`;
      mark(at, { ...cell, most, name, key: `${bboxOf(cell)} ${turn}`, pressed: () => zoomTo(area) }).addTo(layer);
    }
  }
  return tableOf(cells);
}

function counts({ certain, possible }) {
  return certain === possible ? number(possible) : `${number(certain)} certain, ${number(possible)} possible`;
}

function tableOf(cells) {
  const shown = [...cells].sort((a, b) => b.possible - a.possible || b.north - a.north).slice(0, mostRows);
  const caption = shown.length < cells.length ? `The ${mostRows} cells with most of ${number(cells.length)}` : "Cells of the map";
  const rows = shown.map((cell) => [only(cell), number(cell.certain), number(cell.possible)]);
  return table(caption, ["Cell", "Certain", "Possible"], rows);
}

function only(cell) {
  const asked = withValues(without(question(), "cursor", "at"), { bbox: bboxOf(cell) });
  return element("a", { href: address(asked).href, title: "Only what is in this cell" }, inWords(cell));
}
