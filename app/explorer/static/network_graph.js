// What a network shows: asked of the API, and put together of neighbourhoods and paths.
import { question } from "./address.js";
import { getJson } from "./api.js";

const mostRecords = 500;

export const mostCenters = 50;

function refOfPage(url) {
  return new URL(url).pathname.match(/\/explore\/([a-z]+\/[a-z0-9._~-]+)$/)?.[1] ?? null;
}

function references(asked, name) {
  return asked.getAll(name).flatMap((value) => value.split(",")).map((ref) => ref.trim()).filter(Boolean);
}

/** Return what the address asks of the network; without a record to begin with, it begins with the first that was found. */
export function askedNetwork() {
  const asked = question();
  const given = references(asked, "around");
  const found = [...document.querySelectorAll("#found a[href]")].map((link) => refOfPage(link.href)).find(Boolean);
  const shared = asked.has("when") ? ["when", "certainty", "lang"] : ["lang"];
  const network = {
    given: given.length > 0,
    centers: given.length ? given : found ? [found] : [],
    to: asked.get("to"),
    depth: Number(asked.get("depth") ?? 1),
    inOrder: asked.get("order") === "time",
    links: references(asked, "link"),
    shared: new URLSearchParams([...asked].filter(([name]) => shared.includes(name))),
  };
  return { ...network, key: JSON.stringify({ ...network, shared: `${network.shared}` }) };
}

let labels;

function relationLabels() {
  labels ??= getJson("v1/vocabularies/relation-type").then(
    (found) => new Map(found.terms.map((term) => [term.id, term.label])),
    () => {
      labels = undefined;
      return new Map();
    },
  );
  return labels;
}

export async function askForNetwork({ centers, to, depth, inOrder, links, shared }) {
  const grown = to ? centers.slice(1) : centers;
  const ask = (path, values) => {
    const given = Object.entries(values).filter(([, value]) => value);
    return getJson(path, new URLSearchParams([...shared, ...given]));
  };
  const graph = (link) => ask("v1/graph", { around: grown.join(), depth, link });
  const [near, every, paths, names] = await Promise.all([
    grown.length ? graph(links.join()) : null,
    grown.length && links.length ? graph() : null,
    to ? ask("v1/graph/path", { from: centers[0], to, all: true, order: inOrder && "time", link: links.join() }) : null,
    relationLabels(),
  ]);
  return put(near, every ?? near, paths, names, grown);
}

function put(near, every, paths, labels, grown) {
  const nodes = new Map();
  const edges = new Map();
  const chains = paths?.paths ?? [];
  for (const one of [...chains, ...(near ? [near] : [])]) {
    for (const node of one.nodes) if (!nodes.has(node.ref)) nodes.set(node.ref, node);
  }
  const hops = new Set();
  for (const chain of chains) {
    for (const hop of chain.hops) {
      edges.set(keyOf(hop), hop);
      hops.add(keyOf(hop));
    }
  }
  for (const edge of near?.edges ?? []) if (!edges.has(keyOf(edge))) edges.set(keyOf(edge), edge);
  const sorts = new Map();
  for (const { relation } of [...(every?.edges ?? []), ...edges.values()]) sorts.set(relation, 0);
  for (const { relation } of edges.values()) sorts.set(relation, sorts.get(relation) + 1);
  const told = [near?.truncation, paths?.truncated ? `There are more paths than these ${chains.length}.` : null];
  if (nodes.size > mostRecords) {
    told.push(`The first ${mostRecords} of ${nodes.size} records are drawn: ask for a time or for some sorts of link.`);
  }
  const drawn = new Map([...nodes].slice(0, mostRecords));
  const kept = [...edges.values()].filter((edge) => drawn.has(edge.source) && drawn.has(edge.target));
  return { nodes: drawn, edges: kept, chains, hops, sorts, labels, grown: new Set(grown), told: told.filter(Boolean) };
}

export function keyOf(edge) {
  return [edge.source, edge.relation, edge.role ?? "", edge.target, edge.date?.edtf ?? ""].join(" ");
}

export function tiesOf(edges) {
  const ties = new Map();
  for (const edge of edges) {
    const ends = [edge.source, edge.target].sort();
    const key = ends.join(" ");
    if (!ties.has(key)) ties.set(key, { key, ends, edges: [] });
    ties.get(key).edges.push(edge);
  }
  return [...ties.values()].filter((tie) => tie.ends[0] !== tie.ends[1]);
}
