// What a network shows: asked of the API, and put together of neighbourhoods and paths.
import { question } from "./address.js";
import { getJson } from "./api.js";
import { sourceRead } from "./reading.js";

const mostRecords = 500;

export const mostCenters = 50;

function references(asked, name) {
  return asked.getAll(name).flatMap((value) => value.split(",")).map((ref) => ref.trim()).filter(Boolean);
}

/** Return what the address asks of the network; without a record to begin with, it begins with the first that was found. */
export function askedNetwork() {
  const asked = question();
  const given = references(asked, "around");
  const [found] = document.querySelector("#found h3 a")?.pathname.match(/[a-z]+\/[^/]+$/) ?? [];
  const shared = asked.has("when") ? ["when", "certainty", "lang"] : ["lang"];
  const network = {
    given: given.length > 0,
    centers: given.length ? given : found ? [found] : [],
    to: asked.get("to"),
    depth: Number(asked.get("depth") ?? 1),
    inOrder: asked.get("order") === "time",
    links: references(asked, "link"),
    policy: sourceRead() && asked.get("policy"),
    shared: new URLSearchParams([...asked].filter(([name]) => shared.includes(name))),
  };
  return { ...network, key: JSON.stringify({ ...network, shared: `${network.shared}` }) };
}

async function relationLabels() {
  const { terms } = await getJson("v1/vocabularies/relation-type").catch(() => ({ terms: [] }));
  return new Map(terms.map(({ id, label }) => [id, label]));
}

export async function askForNetwork({ centers, to, depth, inOrder, links, policy, shared }) {
  const grown = to ? centers.slice(1) : centers;
  const ask = (path, values) => {
    const given = Object.entries(values).filter(([, value]) => value);
    return getJson(path, new URLSearchParams([...shared, ...given]));
  };
  const graph = (values) => (grown.length ? ask("v1/graph", { around: grown.join(), depth, link: links.join(), ...values }) : null);
  const [near, own, every, paths, labels] = await Promise.all([
    graph(),
    policy && graph({ policy }),
    links.length && graph({ link: null }),
    to ? ask("v1/graph/path", { from: centers[0], to, all: true, order: inOrder && "time", link: links.join() }) : null,
    relationLabels(),
  ]);
  return { ...put(near, own, every || near, paths), labels, grown: new Set(grown) };
}

/** Put graphs and paths together; links of `own`, the graph as a source has it, that are in no other are `isOfSource`. */
function put(near, own, every, paths) {
  const chains = paths?.paths ?? [];
  const onPaths = chains.flatMap((chain) => chain.hops);
  const written = [...onPaths, ...(near?.edges ?? [])];
  const known = new Set(written.map(linkOf));
  const ofSource = (own?.edges ?? []).filter((edge) => !known.has(linkOf(edge))).map((edge) => ({ ...edge, isOfSource: true }));
  const edges = new Map([...ofSource, ...written].map((edge) => [keyOf(edge), edge]));
  const nodes = new Map();
  for (const node of [...chains, near, own].flatMap((one) => one?.nodes ?? [])) if (!nodes.has(node.ref)) nodes.set(node.ref, node);
  const sorts = new Map();
  for (const { relation } of [...(every?.edges ?? []), ...edges.values()]) sorts.set(relation, 0);
  for (const { relation } of edges.values()) sorts.set(relation, sorts.get(relation) + 1);
  const told = [near?.truncation ?? own?.truncation, paths?.truncated ? `There are more paths than these ${chains.length}.` : null];
  if (nodes.size > mostRecords) {
    told.push(`The first ${mostRecords} of ${nodes.size} records are drawn: ask for a time or for some sorts of link.`);
  }
  const drawn = new Map([...nodes].slice(0, mostRecords));
  const kept = [...edges.values()].filter((edge) => drawn.has(edge.source) && drawn.has(edge.target));
  return { nodes: drawn, edges: kept, chains, hops: new Set(onPaths.map(keyOf)), sorts, told: told.filter(Boolean) };
}

function linkOf({ source, relation, target }) {
  return [source, relation, target].join(" ");
}

export function keyOf(edge) {
  return [linkOf(edge), edge.role, edge.date?.edtf].join(" ");
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
