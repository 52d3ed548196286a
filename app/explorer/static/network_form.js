// What is asked of the network: where it begins, where a path leads, how far, and which sorts of link.
import { Problem, getJson } from "./api.js";
import { askedNetwork } from "./network_graph.js";
import { count, words } from "./words.js";
import { element } from "./view.js";

/** The form; `change` is called with parameters and their new values, `tell` with what is wrong with what is given. */
export class NetworkForm {
  #around = new RecordField("network-around", "Begin with");
  #to = new RecordField("network-to", "Path to");
  #order = element("input", { type: "checkbox", id: "network-order" });
  #depth = element("select", { id: "network-depth" }, ...[1, 2, 3].map((n) => element("option", { value: n }, count(n, "link"))));
  #sorts = element("fieldset", { class: "network-sorts" });
  #change;
  #tell;
  #hasPath = false;

  constructor(change, tell) {
    this.#change = change;
    this.#tell = tell;
    this.element = element("form", { class: "network-form", "aria-label": "Network", onsubmit: (event) => this.#submit(event) },
      this.#around.element, this.#to.element,
      element("div", { class: "field" }, element("label", { for: "network-depth" }, "How far"), this.#depth),
      element("div", { class: "field check" }, this.#order, element("label", { for: "network-order" }, "Path in the order of time")),
      element("div", { class: "buttons" }, element("button", {}, "Show")),
      element("details", { class: "network-links" }, element("summary", {}, "Sorts of link"), this.#sorts));
    this.#depth.addEventListener("change", () => change({ depth: this.#depth.value === "1" ? null : this.#depth.value }));
    this.#order.addEventListener("change", () => this.#hasPath && change({ order: this.#order.checked ? "time" : null }));
  }

  /** Show what is asked. */
  fill({ centers, to, depth, inOrder }) {
    this.#around.value = centers[0] ?? "";
    this.#to.value = to ?? "";
    this.#hasPath = Boolean(to);
    this.#depth.value = String(depth);
    this.#order.checked = inOrder;
  }

  /** Offer the sorts of link that are there. */
  offer({ sorts, labels }, { links }) {
    const all = new Set([...sorts.keys(), ...links]);
    const named = [...all].map((sort) => [sort, labels.get(sort) ?? words(sort)]).sort((a, b) => a[1].localeCompare(b[1]));
    this.#sorts.replaceChildren(element("legend", { class: "unseen" }, "Sorts of link"), ...named.map(([sort, label]) =>
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
      given = await Promise.all([this.#around.reference(), this.#to.reference()]);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return this.#tell(error.message);
    }
    const [around, to] = given;
    this.#change({ around, to: around ? to : null, order: around && to && this.#order.checked ? "time" : null });
  }
}

/** A field for a record: suggest.js completes its name; its value is a reference. */
class RecordField {
  #input;

  constructor(id, label) {
    this.#input = element("input", { id, autocomplete: "off", placeholder: "A name, or actors/…", "data-refers-to": "" });
    this.element = element("div", { class: "field" }, element("label", { for: id }, label), this.#input);
  }

  get value() {
    return this.#input.value.trim();
  }

  set value(ref) {
    this.#input.value = ref;
  }

  /** Return the reference that is given, or that of the first record whose name it completes to; null where it is empty. */
  async reference() {
    const { value } = this;
    if (!value || /^[a-z]+\/\S+$/.test(value)) return value || null;
    const { items } = await getJson("v1/suggest", new URLSearchParams({ q: value, limit: "1" }));
    if (!items.length) throw new Problem({ title: `There is no record of the name ${value}.` });
    return items[0].ref;
  }
}
