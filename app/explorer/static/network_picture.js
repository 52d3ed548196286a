// The picture of a network: records as shapes, ties as lines, moved by pointer, wheel and keys.
import { ForceLayout } from "./force_layout.js";
import { keyOf } from "./network_graph.js";
import { classOf } from "./network_marks.js";
import { followPointer } from "./pointer.js";
import { placeLabels } from "./network_labels.js";
import { shortWords } from "./network_words.js";
import { svg } from "./view.js";
import { count, words } from "./words.js";

const zoomStep = 1.25;
const margin = 60;
const isDrag = 4;
const stepsAhead = 80;
const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class NetworkPicture {
  #layout = new ForceLayout();
  #nodes = new Map();
  #ties = [];
  #view = { x: 0, y: 0, scale: 1 };
  #fitted = true;
  #chosen = null;
  #lit = null;
  #frame = 0;
  #drawn = 0;
  #extent = null;
  #lines;
  #words;
  #shapes;
  #acts;

  /** `acts` are what is done with a record, given by its reference: `choose` (it is looked at), `grow`, `pin` and `remove`. */
  constructor(drawing, acts) {
    this.drawing = drawing;
    this.#acts = acts;
    [this.#lines, this.#shapes, this.#words] = drawing.querySelectorAll(":scope > g");
    this.drawing.addEventListener("pointerdown", (event) => this.#press(event));
    this.drawing.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.drawing.addEventListener("keydown", (event) => this.#key(event));
    this.drawing.addEventListener("focusin", (event) => this.#focus(event));
    this.drawing.addEventListener("pointerover", (event) => this.light(refOf(event.target) ?? this.#chosen));
    new ResizeObserver(() => {
      this.#extent = null;
      this.#draw();
    }).observe(this.drawing);
  }

  show(nodes, ties, { grown, hops, labels }) {
    const degree = new Map();
    for (const tie of ties) for (const ref of tie.ends) degree.set(ref, (degree.get(ref) ?? 0) + tie.edges.length);
    this.drawing.setAttribute("aria-label", `Network: ${count(nodes.size, "record")}, ${count(ties.reduce((sum, tie) => sum + tie.edges.length, 0), "link")}`);
    this.#layout.set([...nodes.keys()], ties.map((tie) => tie.ends));
    const before = this.#nodes;
    this.#nodes = new Map();
    for (const [ref, node] of nodes) {
      const old = before.get(ref);
      const group = old?.group ?? svg("g", { id: `node-${ref}`, role: "button", tabindex: -1, "data-ref": ref },
        svg("circle", { class: "halo", r: 15 }),
        svg("use", { class: `shape ${node.kind}`, href: `#shape-${node.kind}` }), svg("title", {}));
      const links = degree.get(ref) ?? 0;
      const told = [node.title, node.type ? `${node.kind} (${words(node.type)})` : node.kind,
        ...(node.date ? [node.date.label] : []), count(links, "link"), ...node.said].join(", ");
      group.setAttribute("class", `node ${classOf(node)}${grown.has(ref) ? " grown" : ""}`);
      group.setAttribute("aria-label", told);
      group.setAttribute("aria-expanded", String(grown.has(ref)));
      group.querySelector("title").textContent = told;
      const title = node.standing === "own" ? `≠ ${node.title}` : node.title;
      this.#nodes.set(ref, { ...node, title, group, links });
    }
    for (const [ref, { group }] of before) if (!this.#nodes.has(ref)) group.remove();
    for (const { group } of this.#nodes.values()) if (!group.isConnected) this.#shapes.append(group);
    this.#ties = ties.map((tie) => ({ ...tie, line: lineOf(tie, hops), text: textOf(tie, labels) }));
    this.#lines.replaceChildren(...this.#ties.map((tie) => tie.line));
    if (!this.#nodes.has(this.#chosen)) this.#chosen = this.#nodes.keys().next().value ?? null;
    this.#rove();
    this.#begin();
  }

  end() {
    cancelAnimationFrame(this.#frame);
    cancelAnimationFrame(this.#drawn);
    this.#frame = this.#drawn = 0;
  }

  #begin() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (let n = 0; !this.#layout.rests && (still || n < stepsAhead); n += 1) this.#layout.step();
    this.drawing.dataset.rests = "false";
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#move());
  }

  #move() {
    this.#frame = 0;
    if (!this.#layout.rests) {
      this.#layout.step();
      this.#frame = requestAnimationFrame(() => this.#move());
    }
    this.#render();
  }

  fit() {
    this.#fitted = true;
    this.#draw();
  }

  zoom(factor, [x, y] = this.#size().map((side) => side / 2)) {
    this.#fitted = false;
    const scale = Math.min(8, Math.max(0.05, this.#view.scale * factor));
    const by = scale / this.#view.scale;
    this.#view = { scale, x: x - (x - this.#view.x) * by, y: y - (y - this.#view.y) * by };
    this.#draw();
  }

  pin(ref, pinned = !this.#layout.place(ref).pinned) {
    this.#layout.place(ref).pinned = pinned;
    this.#layout.warm();
    this.#begin();
    return pinned;
  }

  isPinned(ref) {
    return this.#layout.place(ref)?.pinned ?? false;
  }

  light(ref) {
    if (ref === this.#lit) return;
    this.#lit = ref;
    this.#draw();
  }

  choose(ref) {
    this.#chosen = ref;
    this.#lit = ref;
    this.#rove();
    this.#draw();
  }

  #rove() {
    for (const [ref, { group }] of this.#nodes) group.setAttribute("tabindex", ref === this.#chosen ? 0 : -1);
  }

  #size() {
    // Measured once: after changes it would have the browser lay out the page on the spot.
    if (!this.#extent) {
      const { width, height } = this.drawing.getBoundingClientRect();
      this.#extent = [width || 800, height || 500];
    }
    return this.#extent;
  }

  #onScreen(ref) {
    const { x, y } = this.#layout.place(ref);
    return { x: x * this.#view.scale + this.#view.x, y: y * this.#view.scale + this.#view.y };
  }

  #fitView([width, height]) {
    const places = [...this.#nodes.keys()].map((ref) => this.#layout.place(ref));
    const xs = places.map((place) => place.x);
    const ys = places.map((place) => place.y);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const room = Math.min(margin, width / 8);
    const scale = Math.min(1.6, (width - 2 * room) / (right - left || 1), (height - 2 * room) / (bottom - top || 1));
    this.#view = { scale, x: width / 2 - ((left + right) / 2) * scale, y: height / 2 - ((top + bottom) / 2) * scale };
  }

  #draw() {
    this.#drawn ||= requestAnimationFrame(() => this.#render());
  }

  #render() {
    cancelAnimationFrame(this.#drawn);
    this.#drawn = 0;
    this.drawing.dataset.rests = String(this.#layout.rests);
    if (!this.#nodes.size || !this.drawing.isConnected) {
      if (!this.#nodes.size) this.#words.replaceChildren();
      return;
    }
    const size = this.#size();
    if (this.#fitted) this.#fitView(size);
    const near = new Set(this.#lit === null ? [] : [this.#lit]);
    for (const { ends, line } of this.#ties) {
      const [a, b] = ends.map((ref) => this.#onScreen(ref));
      const [from, to] = line.dataset.from === ends[1] ? [b, a] : [a, b];
      line.setAttribute("d", `M${from.x.toFixed(1)} ${from.y.toFixed(1)}L${to.x.toFixed(1)} ${to.y.toFixed(1)}`);
      const lit = ends.includes(this.#lit);
      line.classList.toggle("lit", lit);
      if (lit) for (const ref of ends) near.add(ref);
    }
    const small = this.#view.scale < 0.45;
    const shown = [];
    for (const [ref, node] of this.#nodes) {
      const { x, y } = this.#onScreen(ref);
      const size = small && ref !== this.#lit ? Math.max(0.45, this.#view.scale * 2) : 1;
      node.group.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${size.toFixed(2)})`);
      node.group.classList.toggle("lit", near.has(ref));
      node.group.classList.toggle("chosen", ref === this.#chosen);
      node.group.classList.toggle("pinned", this.isPinned(ref));
      shown.push({ ref, x, y, text: node.title, forced: ref === this.#lit,
        weight: node.links + (node.found ? 1e3 : 0) + (near.has(ref) ? 1e4 : 0) + (ref === this.#lit ? 1e5 : 0) });
    }
    const ties = this.#ties.filter(({ ends }) => this.#ties.length <= 40 || this.#view.scale > 1.5 || ends.includes(this.#lit));
    placeLabels(this.#words, size, shown, ties.map(({ ends, text }) => {
      const [a, b] = ends.map((ref) => this.#onScreen(ref));
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, text, weight: ends.includes(this.#lit) ? 1 : 0 };
    }));
  }

  #press(event) {
    if (event.button) return;
    const ref = refOf(event.target);
    const place = ref && this.#layout.place(ref);
    let { clientX, clientY } = event;
    let far = 0;
    followPointer(event, (moved) => {
      const [dx, dy] = [moved.clientX - clientX, moved.clientY - clientY];
      far += Math.abs(dx) + Math.abs(dy);
      if (far < isDrag) return;
      [clientX, clientY] = [moved.clientX, moved.clientY];
      if (place) this.#shift(ref, dx, dy);
      else this.#pan(dx, dy);
    }, (ended) => {
      if (!ref || ended.type === "pointercancel") return;
      this.#acts.choose(ref);
      if (far < isDrag) this.#acts.grow(ref);
    });
  }

  #pan(dx, dy) {
    this.#fitted = false;
    this.#view.x += dx;
    this.#view.y += dy;
    this.#draw();
  }

  #shift(ref, dx, dy) {
    const place = this.#layout.place(ref);
    this.#fitted = false;
    place.x += dx / this.#view.scale;
    place.y += dy / this.#view.scale;
    this.pin(ref, true);
  }

  #wheel(event) {
    event.preventDefault();
    const { left, top } = this.drawing.getBoundingClientRect();
    this.zoom(2 ** (-event.deltaY / 300), [event.clientX - left, event.clientY - top]);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const ref = refOf(event.target);
    const arrow = arrows[event.key];
    if (event.key === "+" || event.key === "=") this.zoom(zoomStep);
    else if (event.key === "-") this.zoom(1 / zoomStep);
    else if (event.key === "0") this.fit();
    else if (!ref) return;
    else if (arrow && event.shiftKey) this.#shift(ref, arrow[0] * 20, arrow[1] * 20);
    else if (arrow) this.#nodes.get(this.#next(ref, arrow))?.group.focus();
    else if (event.key === "Enter" || event.key === " ") this.#acts.grow(ref);
    else if (event.key === "p") this.#acts.pin(ref);
    else if (event.key === "Delete" || event.key === "Backspace") this.#acts.remove(ref);
    else return;
    event.preventDefault();
  }

  #next(ref, [dx, dy]) {
    const here = this.#onScreen(ref);
    let best = [Infinity, ref];
    for (const other of this.#nodes.keys()) {
      const there = this.#onScreen(other);
      const ahead = (there.x - here.x) * dx + (there.y - here.y) * dy;
      const aside = Math.abs((there.x - here.x) * dy) + Math.abs((there.y - here.y) * dx);
      if (ahead > 0.5 && aside <= ahead * 1.5 && ahead + 2 * aside < best[0]) best = [ahead + 2 * aside, other];
    }
    return best[1];
  }

  #focus(event) {
    const ref = refOf(event.target);
    if (ref) this.#acts.choose(ref);
  }

  focus(ref) {
    this.#nodes.get(ref)?.group.focus();
  }
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
    return shortWords(edge, labels) + date;
  }))];
  return said.length > 2 ? `${said[0]} and ${said.length - 1} more` : said.join("; ");
}
