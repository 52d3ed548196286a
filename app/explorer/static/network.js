// The network: records and the links among them, as a picture and in words, grown from record to record.
import { change } from "./address.js";
import { Problem } from "./api.js";
import { askForNetwork, askedNetwork, mostCenters, tiesOf } from "./network_graph.js";
import { mark, toldOf } from "./network_marks.js";
import { NetworkForm } from "./network_form.js";
import { NetworkPicture } from "./network_picture.js";
import { count, words } from "./words.js";
import { inWords } from "./network_list.js";
import { View, element, recordLink } from "./view.js";

class Network extends View {
  #picture;
  #form;
  #parts = {};
  #asked = { key: null, answer: null };
  #network = null;
  #found = null;
  #gone = new Set();
  #chosen = null;

  connectedCallback() {
    if (!this.#form) this.#build();
    super.connectedCallback();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#picture.end();
  }

  #build() {
    this.replaceChildren(this.querySelector("template").content.cloneNode(true));
    for (const name of ["status", "tools", "legend", "chosen", "said"]) this.#parts[name] = this.querySelector(`.network-${name}`);
    this.#form = new NetworkForm(this.querySelector("form"), (values) => this.#change(values), (told) => this.#clear(told));
    const { tools, said } = this.#parts;
    const zoom = { in: 1.4, out: 1 / 1.4 };
    tools.addEventListener("click", ({ target: { value } }) => {
      if (value === "all") this.#picture.fit();
      else if (value) this.#picture.zoom(zoom[value]);
    });
    const acts = {
      choose: (ref) => this.#choose(ref), grow: (ref) => this.#grow(ref), pin: (ref) => this.#pin(ref), remove: (ref) => this.#remove(ref),
      begin: (ref) => this.#change({ around: ref, to: null, order: null }),
      connect: (ref) => this.#change({ around: this.#network.centers[0], to: ref }),
    };
    this.#picture = new NetworkPicture(this.querySelector("svg.network"), acts);
    this.#parts.chosen.addEventListener("click", ({ target: { value } }) => acts[value]?.(this.#chosen));
    for (const name of ["focusin", "pointerover"]) {
      said.addEventListener(name, ({ target }) => this.#picture.light(target.dataset.ref ?? this.#chosen));
    }
  }

  async draw(signal) {
    await null;
    if (signal.aborted) return;
    const network = askedNetwork();
    this.#form.fill(network);
    try {
      const found = await this.#ask(network);
      // Where the address has gone on meanwhile, its page is on the way, and draws that.
      if (signal.aborted || askedNetwork().key !== network.key) return;
      await mark(found, signal);
      this.#network = network;
      this.#found = found;
      this.#form.offer(found, network);
      this.#show();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      this.#clear(error.message);
    }
  }

  #ask(network) {
    if (!network.centers.length) throw new Problem({ title: "No record was found. Choose one to begin with." });
    const { key } = network;
    if (this.#asked.key !== key) {
      const answer = askForNetwork(network);
      this.#asked = { key, answer };
      answer.catch(() => (this.#asked = { key: null, answer: null }));
    }
    return this.#asked.answer;
  }

  #change(values) {
    change(values);
    const network = askedNetwork();
    // What is asked now is there when the page of the new address comes.
    if (network.centers.length) this.#ask(network).catch(() => {});
  }

  #clear(told) {
    this.#found = null;
    this.#picture.end();
    this.#picture.show(new Map(), [], { grown: new Set(), hops: new Set(), labels: new Map() });
    this.#showLegend(new Map());
    this.#parts.said.replaceChildren();
    this.#showChosen();
    this.#parts.status.replaceChildren(element("p", { class: "fault" }, told));
  }

  #show() {
    const { nodes, edges } = this.#found;
    const shown = new Map([...nodes].filter(([ref]) => !this.#gone.has(ref)));
    const kept = edges.filter((edge) => shown.has(edge.source) && shown.has(edge.target));
    if (!shown.has(this.#chosen)) this.#chosen = shown.keys().next().value ?? null;
    this.#picture.show(shown, tiesOf(kept), this.#found);
    if (this.#chosen) this.#picture.choose(this.#chosen);
    this.#showLegend(shown);
    this.#parts.said.replaceChildren(...inWords({ ...this.#found, nodes: shown, edges: kept }, this.#network));
    this.#tell(shown, kept);
    this.#showChosen();
  }

  #showLegend(nodes) {
    const kinds = [...nodes.values()].map((node) => node.kind);
    for (const one of this.#parts.legend.children) one.hidden = !kinds.includes(one.dataset.kind);
  }

  #tell(shown, kept) {
    const { told, nodes } = this.#found;
    const { centers, given, shared } = this.#network;
    const begin = given ? [] : ["It begins with ", element("bdi", {}, nodes.get(centers[0])?.title ?? centers[0]), ", the first record that was found. "];
    const time = shared.has("when") ? `Only links of ${shared.get("when")}; dashed where they only may be of that time. ` : "";
    const lines = [...told, ...toldOf(shown, kept)];
    const gone = [...nodes.keys()].filter((ref) => this.#gone.has(ref)).length;
    this.#parts.status.replaceChildren(
      element("p", {}, ...begin, `${count(shown.size, "record")}, ${count(kept.length, "link")}. ${time}`, gone ? element("button", {
        type: "button", onclick: () => { this.#gone.clear(); this.#show(); } }, `Bring back ${count(gone, "record")} taken away`) : null),
      ...lines.map((line) => element("p", { class: "network-cut" }, line)),
    );
  }

  #choose(ref) {
    if (ref === this.#chosen) return;
    this.#chosen = ref;
    this.#picture.choose(ref);
    this.#showChosen();
  }

  #showChosen() {
    const node = this.#found?.nodes.get(this.#chosen);
    const links = this.#parts.said.querySelectorAll("li[data-ends]");
    for (const item of links) item.classList.toggle("near", item.dataset.ends.split(" ").includes(this.#chosen));
    const { chosen } = this.#parts;
    chosen.classList.toggle("nobody", !node);
    if (!node) return;
    const { ref } = node;
    const { centers, to } = this.#network;
    chosen.firstElementChild.replaceChildren(
      recordLink(node), ` ${[words(node.type ?? node.kind), node.date?.label].filter(Boolean).join(", ")}`);
    const useless = { grow: this.#found.grown.has(ref), begin: centers.length === 1 && centers[0] === ref, connect: [centers[0], to].includes(ref) };
    for (const button of chosen.querySelectorAll("button")) {
      button.hidden = Boolean(useless[button.value]);
      if (button.value === "pin") button.textContent = this.#picture.isPinned(ref) ? "Let it move" : "Pin it";
    }
  }

  #grow(ref) {
    const { centers, to } = askedNetwork();
    if (this.#found.grown.has(ref)) return;
    if (centers.length >= mostCenters) {
      this.#parts.status.append(element("p", { class: "network-cut" }, `The neighbours of ${mostCenters} records are shown; no more can be. Begin at another one.`));
      return;
    }
    // Of a path the first is only its beginning until its neighbours are asked for as well.
    const others = to && ref === centers[0] ? [centers[0]] : [];
    this.#change({ around: [...centers, ...others, ref].filter((one, n, all) => n === 0 || all.indexOf(one) === n).join(",") });
  }

  #pin(ref) {
    this.#picture.pin(ref);
    this.#showChosen();
  }

  #remove(ref) {
    this.#gone.add(ref);
    this.#show();
    this.#picture.focus(this.#chosen);
  }
}

customElements.define("annals-network", Network);
