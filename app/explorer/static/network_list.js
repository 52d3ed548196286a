// The network in words: each link as a sentence, each hop of a path with what it rests on.
import { classOf } from "./network_marks.js";
import { sentence } from "./network_words.js";
import { count } from "./words.js";
import { element, recordLink } from "./view.js";

export function inWords(found, network) {
  const { chains, grown } = found;
  return [...marked(found), ...(chains.length ? paths(found, network) : []), ...(chains.length && !grown.size ? [] : links(found, network))];
}

function marked(found) {
  const nodes = [...found.nodes.values()];
  const list = (title, some, said) => (some.length
    ? [element("h2", {}, title), element("ul", { class: "network-marked" }, ...some.map((node) => element("li", {}, record(node.ref, found), ...said(node))))]
    : []);
  return [
    ...list("Found by the filter", nodes.filter((node) => node.found), () => []),
    ...list("As the source has it", nodes.filter((node) => node.reading), ({ reading }) => [": ", element("bdi", {}, reading)]),
  ];
}

function links(found, { links: sorts, shared }) {
  const { edges, nodes } = found;
  const none = () => element("p", {}, ...[...nodes.keys()].flatMap((ref) => [record(ref, found), " "]), `${nodes.size > 1 ? "have" : "has"} no link${sorts.length ? " of these sorts" : ""}${shared.has("when") ? " at this time" : ""}.`);
  const all = () => element("ul", { class: "network-links-list" }, ...edges.map((edge) => element("li",
    { "data-ends": `${edge.source} ${edge.target}`, class: `${classOf(edge)}${edge.certain === false ? " possible" : ""}` }, ...said(edge, found))));
  return [element("h2", {}, count(edges.length, "link")), edges.length ? all() : none()];
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
  const parts = sentence(edge, found.labels).map((part) => {
    if (typeof part !== "string") return record(part.ref, found);
    return edge.isUndated && part.endsWith(edge.date.label) ? element("span", { class: "silent" }, part) : part;
  });
  return edge.said ? [...parts, ` (${edge.said})`] : parts;
}

function record(ref, { nodes }) {
  return recordLink({ ref, title: nodes.get(ref)?.title ?? ref }, { "data-ref": ref });
}

function evidence({ evidence: items, evidence_truncated: cut }) {
  if (!items.length && !cut) return element("p", { class: "network-evidence" }, "No evidence is given for this link.");
  return element("ul", { class: "network-evidence" }, ...items.map((item) => element("li", {},
    item.source ? recordLink({ ref: item.source, title: item.source.replace("sources/", "") }) : "From no source",
    item.stance && item.stance !== "supports" ? ` (${item.stance})` : "",
    item.selector?.exact ? element("q", {}, element("bdi", {}, item.selector.exact)) : null,
    item.note ? element("span", {}, " ", element("bdi", {}, item.note)) : null)),
    cut ? element("li", {}, "There is more evidence than is shown.") : null);
}
