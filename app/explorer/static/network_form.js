// What is asked of the network: where it begins, where a path leads, how far, and which sorts of link.
import { Problem, getJson } from "./api.js";
import { askedNetwork } from "./network_graph.js";
import { count, words } from "./words.js";
import { element } from "./view.js";

export class NetworkForm {
  #form;
  #sorts;
  #change;
  #tell;
  #hasPath = false;

  constructor(form, change, tell) {
    this.#form = form.elements;
    this.#sorts = form.querySelector(".network-sorts");
    this.#change = change;
    this.#tell = tell;
    form.addEventListener("submit", (event) => this.#submit(event));
    const { depth, order } = this.#form;
    depth.addEventListener("change", () => change({ depth: depth.value === "1" ? null : depth.value }));
    order.addEventListener("change", () => this.#hasPath && change({ order: order.checked ? "time" : null }));
  }

  fill({ centers, to, depth, inOrder }) {
    this.#form.around.value = centers[0] ?? "";
    this.#form.to.value = to ?? "";
    this.#hasPath = Boolean(to);
    this.#form.depth.value = depth;
    this.#form.order.checked = inOrder;
  }

  offer({ sorts, labels }, { links }) {
    const all = new Set([...sorts.keys(), ...links]);
    const named = [...all].map((sort) => [sort, labels.get(sort) ?? words(sort)]).sort((a, b) => a[1].localeCompare(b[1]));
    this.#sorts.replaceChildren(this.#sorts.firstElementChild, ...named.map(([sort, label]) =>
      element("label", {}, element("input", { type: "checkbox", id: `network-link-${sort}`, value: sort, checked: !links.length || links.includes(sort),
        onchange: (event) => this.#choose(event.target) }), ` ${label} `, element("span", { class: "count" }, String(sorts.get(sort) ?? 0)))));
  }

  // All are ticked while nothing is chosen: taking one away leaves the others.
  #choose(box) {
    const all = [...this.#sorts.querySelectorAll("input")].map((one) => one.value);
    const { links } = askedNetwork();
    const others = (links.length ? links : all).filter((sort) => sort !== box.value);
    const ticked = box.checked ? [...others, box.value] : others;
    if (!ticked.length) box.checked = true;
    else this.#change({ link: all.every((sort) => ticked.includes(sort)) ? null : ticked.join(",") });
  }

  async #submit(event) {
    event.preventDefault();
    event.stopPropagation();
    let given;
    try {
      given = await Promise.all([this.#form.around, this.#form.to].map(referenceOf));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return this.#tell(error.message);
    }
    const [around, to] = given;
    this.#change({ around, to: around ? to : null, order: around && to && this.#form.order.checked ? "time" : null });
  }
}

async function referenceOf(input) {
  const value = input.value.trim();
  if (!value || /^[a-z]+\/\S+$/.test(value)) return value || null;
  const { items } = await getJson("v1/suggest", new URLSearchParams({ q: value, limit: "1" }));
  if (!items.length) throw new Problem({ title: `There is no record of the name ${value}.` });
  return items[0].ref;
}
