// Suggestions while a name is typed, by the combobox pattern of the ARIA Authoring Practices: the site's search leads
// to the record that is chosen, a field for references takes the reference to it.
import { below, question } from "./address.js";
import { getJson } from "./api.js";
import { element } from "./view.js";

const pauseMs = 120;
const longest = 300;
const fields = "#site-search, input[data-refers-to]";

class Suggestions {
  #input;
  #list;
  #items = [];
  #active = -1;
  #pause;
  #underWay = new AbortController();

  constructor(input) {
    this.#input = input;
    this.#list = element("ul", { role: "listbox", class: "suggestions", id: `${input.id}-suggestions`, hidden: true,
      "aria-label": "Suggestions", onmousedown: (event) => event.preventDefault(), onclick: (event) => this.#click(event) });
    input.after(this.#list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list",
      "aria-controls": this.#list.id })) input.setAttribute(name, value);
    this.#offer([]);
    input.addEventListener("input", () => this.#later());
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("blur", () => this.#close());
  }

  #later() {
    clearTimeout(this.#pause);
    this.#underWay.abort();
    this.#pause = setTimeout(() => this.#ask(), pauseMs);
  }

  async #ask() {
    const { prefix = "", refersTo } = this.#input.dataset;
    const typed = this.#input.value.trim().replace(prefix, "");
    if (!typed || typed.length > longest) return this.#close();
    this.#underWay = new AbortController();
    const asked = new URLSearchParams({ q: typed, limit: "8" });
    if (refersTo) asked.set("kind", refersTo);
    const lang = question().get("lang");
    if (lang) asked.set("lang", lang);
    try {
      this.#show((await getJson("v1/suggest", asked, { signal: this.#underWay.signal })).items);
    } catch (error) {
      if (error.name !== "AbortError") this.#close();
    }
  }

  #show(items) {
    if (document.activeElement !== this.#input) return;
    this.#list.replaceChildren(...items.map((one, at) => element("li",
      { role: "option", id: `${this.#list.id}-${at}`, "aria-selected": "false", "data-at": at },
      element("bdi", {}, one.title),
      one.match === one.title ? null : element("span", { class: "match" }, " also ", element("bdi", {}, one.match)),
      element("span", { class: "kind" }, ` ${one.kind}`))));
    this.#offer(items);
    told.textContent = items.length === 1 ? "1 suggestion" : `${items.length || "no"} suggestions`;
  }

  #close() {
    clearTimeout(this.#pause);
    this.#underWay.abort();
    this.#offer([]);
  }

  #offer(items) {
    this.#items = items;
    this.#list.hidden = !items.length;
    this.#input.setAttribute("aria-expanded", items.length > 0);
    this.#activate(-1);
  }

  #activate(at) {
    this.#active = at;
    [...this.#list.children].forEach((option, n) => option.setAttribute("aria-selected", n === at));
    const option = this.#list.children[at];
    if (option) this.#input.setAttribute("aria-activedescendant", option.id);
    else this.#input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (event.isComposing) return;
    const count = this.#items.length;
    const open = !this.#list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return this.#later();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.#activate((this.#active + step + count + 2) % (count + 1) - 1);
    } else if (event.key === "Enter" && open && this.#active >= 0) {
      event.preventDefault();
      this.#choose(this.#items[this.#active]);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      this.#close();
    }
  }

  #click(event) {
    const option = event.target.closest("[role=option]");
    if (option) this.#choose(this.#items[option.dataset.at]);
  }

  #choose({ ref }) {
    this.#close();
    if (this.#input.dataset.refersTo === undefined) {
      location.assign(below(`explore/${ref}`));
    } else {
      this.#input.value = (this.#input.dataset.prefix ?? "") + ref;
      this.#input.form.requestSubmit();
    }
  }
}

const told = element("p", { class: "unseen", role: "status" });
document.body.append(told);
const known = new WeakSet();

document.addEventListener("focusin", ({ target }) => {
  if (!target.matches?.(fields) || known.has(target)) return;
  known.add(target);
  new Suggestions(target);
});
