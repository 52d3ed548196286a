// What is asked of the network: where it begins, where a path leads, how far, and which sorts of link.
import { getJson } from "./api.js";
import { count, words } from "./network_words.js";
import { element } from "./view.js";

const wait = 120;

/** The form; `change` is called with parameters and their new values. */
export class NetworkForm {
  #around = new RecordField("network-around", "Begin with");
  #to = new RecordField("network-to", "Path to");
  #order = element("input", { type: "checkbox", id: "network-order" });
  #depth = element("select", { id: "network-depth" }, ...[1, 2, 3].map((n) => element("option", { value: n }, count(n, "link"))));
  #sorts = element("fieldset", { class: "network-sorts" });
  #change;

  constructor(change) {
    this.#change = change;
    this.element = element("form", { class: "network-form", "aria-label": "Network", onsubmit: (event) => this.#submit(event) },
      this.#around.element, this.#to.element,
      element("div", { class: "field" }, element("label", { for: "network-depth" }, "How far"), this.#depth),
      element("div", { class: "field check" }, this.#order, element("label", { for: "network-order" }, "Path in the order of time")),
      element("div", { class: "buttons" }, element("button", {}, "Show")),
      element("details", { class: "network-links" }, element("summary", {}, "Sorts of link"), this.#sorts));
    this.#depth.addEventListener("change", () => change({ depth: this.#depth.value === "1" ? null : this.#depth.value }));
    this.#order.addEventListener("change", () => this.#to.value && change({ order: this.#order.checked ? "time" : null }));
  }

  /** Show what is asked. */
  fill({ centers, to, depth, inOrder }) {
    this.#around.value = centers[0] ?? "";
    this.#to.value = to ?? "";
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
    const boxes = [...this.#sorts.querySelectorAll("input")];
    const ticked = boxes.filter((one) => one.checked).map((one) => one.value);
    if (!ticked.length) box.checked = true;
    else this.#change({ link: ticked.length === boxes.length ? null : ticked.join(",") });
  }

  async #submit(event) {
    event.preventDefault();
    event.stopPropagation();
    const [around, to] = await Promise.all([this.#around.reference(), this.#to.reference()]);
    this.#change({ around, to: around ? to : null, order: around && to && this.#order.checked ? "time" : null });
  }
}

/** A field for a record: its name is completed; its value is a reference. */
class RecordField {
  #list;
  #input;
  #waiting = 0;
  #round = 0;

  constructor(id, label) {
    this.#list = element("datalist", { id: `${id}-list` });
    this.#input = element("input", { id, list: `${id}-list`, autocomplete: "off", placeholder: "A name, or actors/…", oninput: () => this.#type() });
    this.element = element("div", { class: "field" }, element("label", { for: id }, label), this.#input, this.#list);
  }

  get value() {
    return this.#input.value.trim();
  }

  set value(ref) {
    this.#input.value = ref;
  }

  /** Return the reference that is given, or that of the first record whose name it completes to; null where none is. */
  async reference() {
    const { value } = this;
    if (!value || /^[a-z]+\/\S+$/.test(value)) return value || null;
    const [first] = await suggestions(value);
    return first?.ref ?? value;
  }

  #type() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#suggest(), wait);
  }

  async #suggest() {
    const { value } = this;
    const round = (this.#round += 1);
    const found = value && !value.includes("/") ? await suggestions(value) : [];
    if (round !== this.#round) return;
    this.#list.replaceChildren(...found.map(({ ref, title, kind }) => element("option", { value: ref, label: `${title} (${kind})` })));
  }
}

/** Return the records that a name may be of; none where it is not one that can be looked for. */
async function suggestions(text) {
  try {
    const { items } = await getJson("v1/suggest", new URLSearchParams({ q: text, limit: "8" }));
    return items.map((item) => ({ ...item, ref: item.ref ?? item.href.replace(/^.*\/v1\//, "") }));
  } catch {
    return [];
  }
}
