// The network in words: each link as a sentence, each hop of a path with what it rests on.
import { below } from "./address.js";
import { sentence } from "./network_words.js";
import { count } from "./words.js";
import { element } from "./view.js";

/** Return what says the same as the picture. */
export function inWords(found, network) {
  const { chains, grown } = found;
  return [...marked(found), ...(chains.length ? paths(found, network) : []), ...(chains.length && !grown.size ? [] : links(found))];
}

/** Return the records that stand out, and those that are otherwise as a source has them. */
function marked(found) {
  const { nodes, marks } = found;
  const refs = [...nodes.keys()];
  const list = (title, some, saidOf) => (some.length
    ? [element("h2", {}, title), element("ul", { class: "network-marked" }, ...some.map((ref) => element("li", {}, record(ref, found), ...saidOf(ref))))]
    : []);
  const standing = (ref) => marks.ofRecord(ref).name.split(" ").some((name) => name === "own" || name === "silent");
  return [
    ...list("Found by the filter", refs.filter((ref) => marks.isFound(ref)), () => []),
    ...list("As the source has it", refs.filter(standing), (ref) => [": ", element("bdi", {}, marks.ofRecord(ref).said.at(-1))]),
  ];
}

function links(found) {
  const { edges, nodes } = found;
  return [
    element("h2", {}, count(edges.length, "link")),
    edges.length ? element("ul", { class: "network-links-list" }, ...edges.map((edge) =>
      element("li", { "data-ends": `${edge.source} ${edge.target}`, class: `${found.marks.ofLink(edge).name}${edge.certain === false ? " possible" : ""}` }, ...said(edge, found)))) : null,
    edges.length ? null : element("p", {}, ...[...nodes.values()].flatMap((node) => [record(node.ref, found), " "]), "has no link of these sorts at this time."),
  ].filter(Boolean);
}

function paths(found, { inOrder }) {
  const { chains } = found;
  const ends = chains[0].nodes;
  const heading = element("h2", {}, "How ", record(ends[0].ref, found), " and ", record(ends.at(-1).ref, found), " are connected");
  const ways = chains.length > 1 ? `${chains.length} ways of ${count(chains[0].length, "link")}` : count(chains[0].length, "link");
  return [heading, element("p", {}, `${ways}${inOrder ? ", each no earlier than the one before" : ""}.`), ...chains.map((chain, n) =>
    element("details", { class: "network-path", open: n === 0 }, element("summary", {}, ...chain.nodes.flatMap((node, at) => [at ? " – " : "", element("bdi", {}, node.title)])),
      element("ol", {}, ...chain.hops.map((hop) => element("li", { "data-ends": `${hop.source} ${hop.target}` }, ...said(hop, found), evidence(hop))))))];
}

function said(edge, found) {
  const parts = sentence(edge, found.labels).map((part) => (typeof part === "string" ? part : record(part.ref, found)));
  return [...parts, ...found.marks.ofLink(edge).said.map((one) => ` (${one})`)];
}

function record(ref, { nodes }) {
  return element("a", { href: below(`explore/${ref}`), "data-ref": ref }, element("bdi", {}, nodes.get(ref)?.title ?? ref));
}

function evidence({ evidence: items, evidence_truncated: cut }) {
  if (!items.length && !cut) return element("p", { class: "network-evidence" }, "No evidence is given for this link.");
  return element("ul", { class: "network-evidence" }, ...items.map((item) => element("li", {},
    item.source ? element("a", { href: below(`explore/${item.source}`) }, item.source.replace("sources/", "")) : "From no source",
    item.stance && item.stance !== "supports" ? ` (${item.stance})` : "",
    item.selector?.exact ? element("q", {}, element("bdi", {}, item.selector.exact)) : null,
    item.note ? element("span", {}, " ", element("bdi", {}, item.note)) : null)),
    cut ? element("li", {}, "There is more evidence than is shown.") : null);
}
