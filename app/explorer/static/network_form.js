// What is asked of the network: where it begins, where a path leads, how far, and which sorts of link.
import { Problem, getJson } from "./api.js";
import { askedNetwork } from "./network_graph.js";
import { words } from "./words.js";
import { element } from "./view.js";

/** Make a form ask by `change`, and `tell` what is wrong; return how it is filled, and offered sorts of link. */
export function networkForm(form, change, tell) {
  const { around, to, depth, order } = form.elements;
  const sortsOfLink = form.querySelector(".network-sorts");

  depth.addEventListener("change", () => change({ depth: depth.value === "1" ? null : depth.value }));
  order.addEventListener("change", () => askedNetwork().to && change({ order: order.checked ? "time" : null }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    try {
      const [begin, end] = await Promise.all([around, to].map(referenceOf));
      change({ around: begin, to: begin ? end : null, order: begin && end && order.checked ? "time" : null });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      tell(error.message);
    }
  });

  // All are ticked while nothing is chosen: taking one away leaves the others.
  function choose(box) {
    const all = [...sortsOfLink.querySelectorAll("input")].map((one) => one.value);
    const { links } = askedNetwork();
    const others = (links.length ? links : all).filter((sort) => sort !== box.value);
    const ticked = box.checked ? [...others, box.value] : others;
    if (!ticked.length) box.checked = true;
    else change({ link: all.every((sort) => ticked.includes(sort)) ? null : ticked.join(",") });
  }

  function fill(network) {
    around.value = network.centers[0] ?? "";
    to.value = network.to ?? "";
    depth.value = network.depth;
    order.checked = network.inOrder;
  }

  function offer({ sorts, labels }, { links }) {
    const all = new Set([...sorts.keys(), ...links]);
    const named = [...all].map((sort) => [sort, labels.get(sort) ?? words(sort)]).sort((a, b) => a[1].localeCompare(b[1]));
    sortsOfLink.replaceChildren(sortsOfLink.firstElementChild, ...named.map(([sort, label]) =>
      element("label", {}, element("input", { type: "checkbox", id: `network-link-${sort}`, value: sort, checked: !links.length || links.includes(sort),
        onchange: ({ target }) => choose(target) }), ` ${label} `, element("span", { class: "count" }, String(sorts.get(sort) ?? 0)))));
  }

  return { fill, offer };
}

async function referenceOf(input) {
  const value = input.value.trim();
  if (!value || /^[a-z]+\/\S+$/.test(value)) return value || null;
  const { items } = await getJson("v1/suggest", new URLSearchParams({ q: value, limit: "1" }));
  if (!items.length) throw new Problem({ title: `There is no record of the name ${value}.` });
  return items[0].ref;
}
