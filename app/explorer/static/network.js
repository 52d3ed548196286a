// The network: records and the links among them, as a picture and in words, grown from record to record.
import { change } from "./address.js";
import { Problem } from "./api.js";
import { askForNetwork, askedNetwork, mostCenters, tiesOf } from "./network_graph.js";
import { mark, toldOf } from "./network_marks.js";
import { NetworkForm } from "./network_form.js";
import { NetworkPicture } from "./network_picture.js";
import { legend } from "./network_shapes.js";
import { count, words } from "./words.js";
import { inWords } from "./network_list.js";
import { View, element, recordLink } from "./view.js";

class Network extends View {
  #picture = new NetworkPicture();
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
    tools.after(this.#picture.drawing);
    const zoom = { in: 1.4, out: 1 / 1.4 };
    tools.addEventListener("click", ({ target: { value } }) => {
      if (value === "all") this.#picture.fit();
      else if (value) this.#picture.zoom(zoom[value]);
    });
    this.#picture.addEventListener("choose", ({ detail }) => this.#choose(detail));
    this.#picture.addEventListener("grow", ({ detail }) => this.#grow(detail));
    this.#picture.addEventListener("remove", ({ detail }) => this.#remove(detail));
    this.#picture.addEventListener("pin", ({ detail }) => this.#pin(detail));
    said.addEventListener("focusin", (event) => this.#picture.light(event.target.dataset.ref ?? this.#chosen));
    said.addEventListener("pointerover", (event) => this.#picture.light(event.target.dataset.ref ?? this.#chosen));
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
      this.#found = null;
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
    this.#picture.end();
    this.#picture.show(new Map(), [], { grown: new Set(), hops: new Set(), labels: new Map() });
    this.#parts.said.replaceChildren();
    this.#parts.legend.replaceChildren();
    this.#parts.chosen.replaceChildren();
    this.#parts.status.replaceChildren(element("p", { class: "fault" }, told));
  }

  #show() {
    const { nodes, edges } = this.#found;
    const shown = new Map([...nodes].filter(([ref]) => !this.#gone.has(ref)));
    const kept = edges.filter((edge) => shown.has(edge.source) && shown.has(edge.target));
    if (!shown.has(this.#chosen)) this.#chosen = shown.keys().next().value ?? null;
    this.#picture.show(shown, tiesOf(kept), this.#found);
    if (this.#chosen) this.#picture.choose(this.#chosen);
    this.#parts.legend.replaceChildren(legend(new Set([...shown.values()].map((node) => node.kind))));
    this.#parts.said.replaceChildren(...inWords({ ...this.#found, nodes: shown, edges: kept }, this.#network));
    this.#tell(shown, kept);
    this.#showChosen();
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
    if (!node) return void this.#parts.chosen.replaceChildren();
    const { ref } = node;
    const { centers, to } = this.#network;
    const act = (label, work) => element("button", { type: "button", onclick: work }, label);
    this.#parts.chosen.replaceChildren(
      element("p", {}, recordLink(node), ` ${[words(node.type ?? node.kind), node.date?.label].filter(Boolean).join(", ")}`),
      element("p", { class: "network-acts" },
        this.#found.grown.has(ref) ? null : act("Show its neighbours", () => this.#grow(ref)),
        act(this.#picture.isPinned(ref) ? "Let it move" : "Pin it", () => this.#pin(ref)),
        act("Take it away", () => this.#remove(ref)),
        centers.length === 1 && centers[0] === ref ? null : act("Begin here", () => this.#change({ around: ref, to: null, order: null })),
        ref === centers[0] || ref === to ? null : act("How is it connected with the first?", () => this.#change({ around: centers[0], to: ref }))),
    );
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
