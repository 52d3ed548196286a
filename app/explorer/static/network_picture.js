// The picture of a network: records as shapes, ties as lines, moved by pointer, wheel and keys.
import { ForceLayout } from "./force_layout.js";
import { keyOf } from "./network_graph.js";
import { classOf, isAdded } from "./network_marks.js";
import { followPointer } from "./pointer.js";
import { placeLabels } from "./network_labels.js";
import { signOf } from "./reading.js";
import { shortWords } from "./network_words.js";
import { svg } from "./view.js";
import { count, words } from "./words.js";

const zoomStep = 1.25;
const margin = 60;
const isDrag = 4;
const stepsAhead = 80;
const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Make the picture in a drawing; `acts` are what is done with a record, given by its reference: `choose` (it is looked at), `grow`,
 * `pin` and `remove`.
 */
export function networkPicture(drawing, acts) {
  const layout = new ForceLayout();
  const [lineGroup, shapeGroup, wordGroup] = drawing.querySelectorAll(":scope > g");
  let drawn = new Map();
  let joined = [];
  let view = { x: 0, y: 0, scale: 1 };
  let fitted = true;
  let chosen = null;
  let lighted = null;
  let frame = 0;
  let extent = [800, 500];

  const on = (name, work) => drawing.addEventListener(name, work, { passive: false });
  on("pointerdown", press);
  on("wheel", wheel);
  on("keydown", key);
  on("focusin", ({ target }) => refOf(target) && acts.choose(refOf(target)));
  on("pointerover", ({ target }) => light(refOf(target) ?? chosen));
  new ResizeObserver(([{ contentRect: { width, height } }]) => {
    if (width) extent = [width, height];
    draw();
  }).observe(drawing);

  function show(nodes, ties, { grown, hops, labels }) {
    const degree = new Map();
    for (const tie of ties) for (const ref of tie.ends) degree.set(ref, (degree.get(ref) ?? 0) + tie.edges.length);
    drawing.setAttribute("aria-label", `Network: ${count(nodes.size, "record")}, ${count(ties.reduce((sum, tie) => sum + tie.edges.length, 0), "link")}`);
    layout.set([...nodes.keys()], ties.map((tie) => tie.ends));
    const before = drawn;
    drawn = new Map();
    for (const [ref, node] of nodes) {
      const group = before.get(ref)?.group ?? svg("g", { id: `node-${ref}`, role: "button", tabindex: -1, "data-ref": ref },
        svg("circle", { class: "halo", r: 15 }),
        svg("use", { class: `shape ${node.kind}`, href: `#shape-${node.kind}` }), svg("title", {}));
      const links = degree.get(ref) ?? 0;
      const told = [node.title, node.type ? `${node.kind} (${words(node.type)})` : node.kind,
        ...(node.date ? [node.date.label] : []), count(links, "link"), ...node.said].join(", ");
      group.setAttribute("class", `node ${classOf(node)}${grown.has(ref) ? " grown" : ""}`);
      group.setAttribute("aria-label", told);
      group.setAttribute("aria-expanded", grown.has(ref));
      group.querySelector("title").textContent = told;
      drawn.set(ref, { ...node, title: signOf(node) + node.title, group, links });
    }
    for (const [ref, { group }] of before) if (!drawn.has(ref)) group.remove();
    for (const { group } of drawn.values()) if (!group.isConnected) shapeGroup.append(group);
    joined = ties.map((tie) => ({ ...tie, line: lineOf(tie, hops), text: textOf(tie, labels) }));
    lineGroup.replaceChildren(...joined.map((tie) => tie.line));
    if (!drawn.has(chosen)) chosen = drawn.keys().next().value ?? null;
    rove();
    begin();
  }

  function end() {
    cancelAnimationFrame(frame);
    frame = 0;
  }

  function begin() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (let n = 0; !layout.rests && (still || n < stepsAhead); n += 1) layout.step();
    drawing.dataset.rests = "false";
    draw();
  }

  function fit() {
    fitted = true;
    draw();
  }

  function zoom(factor, [x, y] = extent.map((side) => side / 2)) {
    fitted = false;
    const scale = Math.min(8, Math.max(0.05, view.scale * factor));
    const by = scale / view.scale;
    view = { scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by };
    draw();
  }

  function pin(ref, pinned = !layout.place(ref).pinned) {
    layout.place(ref).pinned = pinned;
    layout.warm();
    begin();
    return pinned;
  }

  function isPinned(ref) {
    return layout.place(ref)?.pinned ?? false;
  }

  function light(ref) {
    if (ref === lighted) return;
    lighted = ref;
    draw();
  }

  function choose(ref) {
    chosen = ref;
    lighted = ref;
    rove();
    draw();
  }

  function rove() {
    for (const [ref, { group }] of drawn) group.setAttribute("tabindex", ref === chosen ? 0 : -1);
  }

  function onScreen(ref) {
    const { x, y } = layout.place(ref);
    return { x: x * view.scale + view.x, y: y * view.scale + view.y };
  }

  function fitView([width, height]) {
    const places = [...drawn.keys()].map((ref) => layout.place(ref));
    const [[left, right], [top, bottom]] = ["x", "y"].map((axis) => {
      const all = places.map((place) => place[axis]);
      return [Math.min(...all), Math.max(...all)];
    });
    const room = Math.min(margin, width / 8);
    const scale = Math.min(1.6, (width - 2 * room) / (right - left || 1), (height - 2 * room) / (bottom - top || 1));
    view = { scale, x: width / 2 - ((left + right) / 2) * scale, y: height / 2 - ((top + bottom) / 2) * scale };
  }

  function draw() {
    frame ||= requestAnimationFrame(() => render());
  }

  function render() {
    frame = 0;
    if (!layout.rests) {
      layout.step();
      draw();
    }
    drawing.dataset.rests = layout.rests;
    if (!drawn.size || !drawing.isConnected) {
      if (!drawn.size) wordGroup.replaceChildren();
      return;
    }
    if (fitted) fitView(extent);
    const near = new Set(lighted === null ? [] : [lighted]);
    for (const { ends, line } of joined) {
      const [a, b] = ends.map((ref) => onScreen(ref));
      const [from, to] = line.dataset.from === ends[1] ? [b, a] : [a, b];
      line.setAttribute("d", `M${from.x.toFixed(1)} ${from.y.toFixed(1)}L${to.x.toFixed(1)} ${to.y.toFixed(1)}`);
      const lit = ends.includes(lighted);
      line.classList.toggle("lit", lit);
      if (lit) for (const ref of ends) near.add(ref);
    }
    const small = view.scale < 0.45;
    const shown = [];
    for (const [ref, node] of drawn) {
      const { x, y } = onScreen(ref);
      const size = small && ref !== lighted ? Math.max(0.45, view.scale * 2) : 1;
      node.group.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${size.toFixed(2)})`);
      node.group.classList.toggle("lit", near.has(ref));
      node.group.classList.toggle("chosen", ref === chosen);
      node.group.classList.toggle("pinned", isPinned(ref));
      shown.push({ ref, x, y, text: node.title, forced: ref === lighted,
        weight: node.links + (node.found ? 1e3 : 0) + (near.has(ref) ? 1e4 : 0) + (ref === lighted ? 1e5 : 0) });
    }
    const ties = joined.filter(({ ends }) => joined.length <= 40 || view.scale > 1.5 || ends.includes(lighted));
    placeLabels(wordGroup, extent, shown, ties.map(({ ends, edges, text }) => {
      const [a, b] = ends.map((ref) => onScreen(ref));
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, text, forced: edges.some(isAdded), weight: ends.includes(lighted) ? 1 : 0 };
    }));
  }

  function press(event) {
    if (event.button) return;
    const ref = refOf(event.target);
    const place = ref && layout.place(ref);
    let { clientX, clientY } = event;
    let far = 0;
    followPointer(event, (moved) => {
      const [dx, dy] = [moved.clientX - clientX, moved.clientY - clientY];
      far += Math.abs(dx) + Math.abs(dy);
      if (far < isDrag) return;
      [clientX, clientY] = [moved.clientX, moved.clientY];
      if (place) shift(ref, dx, dy);
      else pan(dx, dy);
    }, (ended) => {
      if (!ref || ended.type === "pointercancel") return;
      acts.choose(ref);
      if (far < isDrag) acts.grow(ref);
    });
  }

  function pan(dx, dy) {
    fitted = false;
    view.x += dx;
    view.y += dy;
    draw();
  }

  function shift(ref, dx, dy) {
    const place = layout.place(ref);
    fitted = false;
    place.x += dx / view.scale;
    place.y += dy / view.scale;
    pin(ref, true);
  }

  function wheel(event) {
    event.preventDefault();
    const { left, top } = drawing.getBoundingClientRect();
    zoom(2 ** (-event.deltaY / 300), [event.clientX - left, event.clientY - top]);
  }

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const ref = refOf(event.target);
    const arrow = arrows[event.key];
    if (event.key === "+" || event.key === "=") zoom(zoomStep);
    else if (event.key === "-") zoom(1 / zoomStep);
    else if (event.key === "0") fit();
    else if (!ref) return;
    else if (arrow && event.shiftKey) shift(ref, arrow[0] * 20, arrow[1] * 20);
    else if (arrow) drawn.get(next(ref, arrow))?.group.focus();
    else if (event.key === "Enter" || event.key === " ") acts.grow(ref);
    else if (event.key === "p") acts.pin(ref);
    else if (event.key === "Delete" || event.key === "Backspace") acts.remove(ref);
    else return;
    event.preventDefault();
  }

  function next(ref, [dx, dy]) {
    const here = onScreen(ref);
    let best = [Infinity, ref];
    for (const other of drawn.keys()) {
      const there = onScreen(other);
      const ahead = (there.x - here.x) * dx + (there.y - here.y) * dy;
      const aside = Math.abs((there.x - here.x) * dy) + Math.abs((there.y - here.y) * dx);
      if (ahead > 0.5 && aside <= ahead * 1.5 && ahead + 2 * aside < best[0]) best = [ahead + 2 * aside, other];
    }
    return best[1];
  }

  function focus(ref) {
    drawn.get(ref)?.group.focus();
  }

  return { choose, end, fit, focus, isPinned, light, pin, show, zoom };
}

function refOf(target) {
  return target.closest?.("[data-ref]")?.dataset.ref ?? null;
}

function lineOf(tie, hops) {
  const oneWay = tie.edges.every((edge) => edge.source === tie.edges[0].source);
  const possible = tie.edges.every((edge) => edge.certain === false);
  const onPath = tie.edges.some((edge) => hops.has(keyOf(edge)));
  return svg("path", {
    class: ["tie", possible ? "possible" : "", onPath ? "hop" : "", ...shared(tie.edges.map(classOf))].join(" "),
    "data-from": tie.edges[0].source,
    "marker-end": oneWay ? "url(#arrow)" : null,
  });
}

function shared(names) {
  return names[0].split(" ").filter((name) => names.every((other) => other.split(" ").includes(name)));
}

function textOf(tie, labels) {
  const said = [...new Set(tie.edges.map((edge) => {
    const date = edge.date ? `, ${edge.date.label}` : "";
    return signOf(edge) + shortWords(edge, labels) + date;
  }))];
  return said.length > 2 ? `${said[0]} and ${said.length - 1} more` : said.join("; ");
}
