// The network: records and the links among them, as a picture and in words, grown from record to record.
import { change } from "./address.js";
import { Problem } from "./api.js";
import { askForNetwork, askedNetwork, mostCenters, tiesOf } from "./network_graph.js";
import { mark, toldOf } from "./network_marks.js";
import { networkForm } from "./network_form.js";
import { networkPicture } from "./network_picture.js";
import { count, words } from "./words.js";
import { inWords } from "./network_list.js";
import { View, element, recordLink } from "./view.js";

function networkIn(view) {
  const parts = {};
  let answered = { key: null, answer: null };
  let current = null;
  let known = null;
  let selected = null;
  const removed = new Set();

  view.replaceChildren(view.querySelector("template").content.cloneNode(true));
  for (const name of ["status", "tools", "chosen", "said"]) parts[name] = view.querySelector(`.network-${name}`);
  const form = networkForm(view.querySelector("form"), changeTo, clear);
  const { tools, said } = parts;
  const zoom = { in: 1.4, out: 1 / 1.4 };
  tools.addEventListener("click", ({ target: { value } }) => {
    if (value === "all") picture.fit();
    else if (value) picture.zoom(zoom[value]);
  });
  const acts = {
    choose, grow, pin, remove,
    begin: (ref) => changeTo({ around: ref, to: null, order: null }),
    connect: (ref) => changeTo({ around: current.centers[0], to: ref }),
  };
  const picture = networkPicture(view.querySelector("svg.network"), acts);
  parts.chosen.addEventListener("click", ({ target: { value } }) => acts[value]?.(selected));
  for (const name of ["focusin", "pointerover"]) {
    said.addEventListener(name, ({ target }) => picture.light(target.dataset.ref ?? selected));
  }

  async function draw(signal) {
    await null;
    if (signal.aborted) return;
    const network = askedNetwork();
    form.fill(network);
    try {
      const found = await ask(network);
      // Where the address has gone on meanwhile, its page is on the way, and draws that.
      if (signal.aborted || askedNetwork().key !== network.key) return;
      await mark(found, signal);
      current = network;
      known = found;
      form.offer(found, network);
      show();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      clear(error.message);
    }
  }

  function ask(network) {
    if (!network.centers.length) throw new Problem({ title: "No record was found. Choose one to begin with." });
    const { key } = network;
    if (answered.key !== key) {
      const answer = askForNetwork(network);
      answered = { key, answer };
      answer.catch(() => (answered = { key: null, answer: null }));
    }
    return answered.answer;
  }

  function changeTo(values) {
    change(values);
    const network = askedNetwork();
    // What is asked now is there when the page of the new address comes.
    if (network.centers.length) ask(network).catch(() => {});
  }

  function clear(told) {
    known = null;
    picture.end();
    picture.show(new Map(), [], { grown: new Set(), hops: new Set(), labels: new Map() });
    parts.said.replaceChildren();
    showChosen();
    parts.status.replaceChildren(element("p", { class: "fault" }, told));
  }

  function show() {
    const { nodes, edges } = known;
    const shown = new Map([...nodes].filter(([ref]) => !removed.has(ref)));
    const kept = edges.filter((edge) => shown.has(edge.source) && shown.has(edge.target));
    if (!shown.has(selected)) selected = shown.keys().next().value ?? null;
    picture.show(shown, tiesOf(kept), known);
    if (selected) picture.choose(selected);
    parts.said.replaceChildren(...inWords({ ...known, nodes: shown, edges: kept }, current));
    tell(shown, kept);
    showChosen();
  }

  function tell(shown, kept) {
    const { told, nodes } = known;
    const { centers, given, shared } = current;
    const begin = given ? [] : ["It begins with ", element("bdi", {}, nodes.get(centers[0])?.title ?? centers[0]), ", the first record that was found. "];
    const time = shared.has("when") ? `Only links of ${shared.get("when")}; dashed where they only may be of that time. ` : "";
    const lines = [...told, ...toldOf(shown, kept)];
    const gone = [...nodes.keys()].filter((ref) => removed.has(ref)).length;
    parts.status.replaceChildren(
      element("p", {}, ...begin, `${count(shown.size, "record")}, ${count(kept.length, "link")}. ${time}`, gone ? element("button", {
        type: "button", onclick: () => { removed.clear(); show(); } }, `Bring back ${count(gone, "record")} taken away`) : null),
      ...lines.map((line) => element("p", { class: "network-cut" }, line)),
    );
  }

  function choose(ref) {
    if (ref === selected) return;
    selected = ref;
    picture.choose(ref);
    showChosen();
  }

  function showChosen() {
    const node = known?.nodes.get(selected);
    const links = parts.said.querySelectorAll("li[data-ends]");
    for (const item of links) item.classList.toggle("near", item.dataset.ends.split(" ").includes(selected));
    const { chosen } = parts;
    chosen.classList.toggle("nobody", !node);
    if (!node) return;
    const { ref } = node;
    const { centers, to } = current;
    chosen.firstElementChild.replaceChildren(
      recordLink(node), ` ${[words(node.type ?? node.kind), node.date?.label].filter(Boolean).join(", ")}`);
    const useless = { grow: known.grown.has(ref), begin: centers.length === 1 && centers[0] === ref, connect: [centers[0], to].includes(ref) };
    for (const button of chosen.querySelectorAll("button")) {
      button.hidden = Boolean(useless[button.value]);
      if (button.value === "pin") button.textContent = picture.isPinned(ref) ? "Let it move" : "Pin it";
    }
  }

  function grow(ref) {
    const { centers, to } = askedNetwork();
    if (known.grown.has(ref)) return;
    if (centers.length >= mostCenters) {
      parts.status.append(element("p", { class: "network-cut" }, `The neighbours of ${mostCenters} records are shown; no more can be. Begin at another one.`));
      return;
    }
    // Of a path the first is only its beginning until its neighbours are asked for as well.
    const others = to && ref === centers[0] ? [centers[0]] : [];
    changeTo({ around: [...centers, ...others, ref].filter((one, n, all) => n === 0 || all.indexOf(one) === n).join(",") });
  }

  function pin(ref) {
    picture.pin(ref);
    showChosen();
  }

  function remove(ref) {
    removed.add(ref);
    show();
    picture.focus(selected);
  }

  return { draw, end: picture.end };
}

class Network extends View {
  #shown;

  connectedCallback() {
    this.#shown ??= networkIn(this);
    super.connectedCallback();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#shown.end();
  }

  draw(signal) {
    return this.#shown.draw(signal);
  }
}

customElements.define("annals-network", Network);
