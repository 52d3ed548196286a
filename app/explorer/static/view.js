// What the views of the explorer share: an element that draws what the question in the address bar finds.
import { below } from "./address.js";
import { Problem } from "./api.js";

/** Make an element of a name with attributes and children; text is text, whatever stands in it. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function recordLink({ ref, title }, attributes = {}) {
  return element("a", { href: below(`explore/${ref}`), ...attributes }, element("bdi", {}, title));
}

/** Make a table with a caption; the first cell of each row names it. */
export function table(caption, heads, rows) {
  const cells = ([first, ...others]) => [element("th", { scope: "row" }, first), ...others.map((one) => element("td", {}, one))];
  return element("table", {}, element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells(row)))));
}

/** A view: it is asked to draw when it is shown and whenever the question changes; drawing anew ends what is under way. */
export class View extends HTMLElement {
  #underWay = new AbortController();
  #redraw = () => this.#draw();

  connectedCallback() {
    document.addEventListener("questionchange", this.#redraw);
    this.#draw();
  }

  disconnectedCallback() {
    document.removeEventListener("questionchange", this.#redraw);
    this.#underWay.abort();
  }

  async draw(signal) {
    throw new Error(`${this.localName} draws nothing (${signal})`);
  }

  async #draw() {
    this.#underWay.abort();
    this.#underWay = new AbortController();
    const { signal } = this.#underWay;
    this.setAttribute("aria-busy", "true");
    try {
      await this.draw(signal);
      this.removeAttribute("aria-busy");
    } catch (error) {
      if (signal.aborted) return;
      this.removeAttribute("aria-busy");
      const told = error instanceof Problem ? error.message : `This could not be drawn: ${error.message}`;
      this.replaceChildren(element("p", { class: "fault", role: "alert" }, told));
      if (!(error instanceof Problem)) throw error;
    }
  }
}
