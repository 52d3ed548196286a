// How the records and links of a network stand to the question of the page: which the whole filter finds, and what is so as
// the source has it that is read.
import { questionOfApi } from "./address.js";
import { getRecords, without, withValues } from "./api.js";
import { asRead, sourceRead } from "./reading.js";
import { count, words } from "./words.js";

// What links are asked as well, and what finds the same records.
const ofLinks = ["kind", "when", "certainty", "lang", "policy", "sort"];
const fields = ["title", "type", "date"];
const members = {
  participant: ["participants", "actor"], party: ["parties", "actor"], place: ["places", "place"],
  "established-under": ["established_under", "agreement"], obliges: ["provisions", "obliges"], benefits: ["provisions", "benefits"],
};
const fieldsOfLinks = {
  events: ["participants", "places"], missions: ["participants", "places", "established_under"], actors: ["places"],
  agreements: ["parties", "places", "provisions"], places: [],
};

/**
 * Mark records and links: `found` by the filter (null where all are), their `standing` to the source, and `said`, both in words;
 * links `isUndated` where the source does not have their date.
 */
export async function mark({ nodes, edges }, signal) {
  const refs = [...nodes.keys()];
  const source = sourceRead();
  const ask = (values, ...more) => (source ? askForRecords(refs, values, more, signal) : null);
  const [matches, own, written] = await Promise.all([askForMatches(refs, signal), ask({ policy: `source:${source}` }, "evidence"), ask({})]);
  for (const [ref, node] of nodes) {
    const { type, date } = written?.get(ref) ?? node;
    Object.assign(node, { type, date });
    const found = matches && matches.has(ref);
    const { standing, said } = own && !isSource(ref) ? asRead(own.get(ref), node, fields) : {};
    const told = [found === null ? "" : found ? "found by the filter" : "not found by the filter", said].filter(Boolean);
    Object.assign(node, { found, standing, reading: said, said: told });
  }
  for (const edge of edges) {
    const found = matches && (matches.has(edge.source) || matches.has(edge.target));
    const other = (edge.isOfSource ? written : own)?.get(edge.source);
    Object.assign(edge, { found, standing: "same" }, own && !isSource(edge.source) && standingOf(edge, other));
  }
}

export function classOf({ found, standing }) {
  return `${found === null ? "" : found ? "found" : "pale"} ${standing ?? "same"}`.trim();
}

export function isAdded({ standing }) {
  return standing === "added";
}

export function toldOf(nodes, edges) {
  const told = [];
  const all = [...nodes.values()];
  const grey = (some) => some.filter((one) => one.standing === "silent").length;
  if (all.some(({ found }) => found !== null)) {
    const found = all.filter((one) => one.found).length;
    told.push(`${count(found, "record")} found by the whole filter${found < all.length ? "; what is pale is not" : ""}.`);
  }
  if (sourceRead()) {
    const lacking = [[all, "record"], [edges, "link"]].map(([some, name]) => [grey(some), name]).filter(([n]) => n);
    const has = lacking.length ? `does not have ${lacking.map((one) => count(...one)).join(" and ")}, which are grey` : "has all of these";
    const added = edges.filter(isAdded).length;
    told.push(`${sourceRead()} ${has}; what it has otherwise has a ≠${added ? `, what it alone has (${count(added, "link")}) a +` : ""}.`);
  }
  return told;
}

// No source has evidence about a source.
function isSource(ref) {
  return ref.startsWith("sources/");
}

// How a link stands to the same record as the source has it or, for one of the source, as it is written.
function standingOf({ relation, role, target, date, isOfSource }, other = {}) {
  const links = linksOf(other, relation, target).map((one) => ({ as: one.role, of: (one.date ?? other.date)?.label }));
  if (!links.length && isOfSource) return { standing: "added", said: `only ${sourceRead()} has it` };
  if (!links.length) return { standing: "silent", said: `${sourceRead()} does not have it` };
  const likeness = ({ as, of }) => 2 * (as === role) + (of === date?.label);
  const [{ as, of }] = links.sort((one, another) => likeness(another) - likeness(one));
  const differs = [as !== role && (as ? `as ${words(as)}` : "without a role"), of !== date?.label && (of ? `dated ${of}` : "undated")];
  if (!differs.some(Boolean)) return {};
  const isUndated = !isOfSource && !of;
  const said = `${isOfSource ? "the record" : sourceRead()} has it ${differs.filter(Boolean).join(", ")}`;
  return { standing: isUndated && as === role ? "same" : "own", said, isUndated: isUndated && date };
}

function linksOf(own, relation, target) {
  const [field, end] = members[relation] ?? ["relations", "target"];
  const isOfSort = (one) => field !== "relations" || one.type === relation;
  return [own[field] ?? []].flat().filter((one) => isOfSort(one) && [one[end]].flat().includes(target));
}

async function askForMatches(refs, signal) {
  const asked = questionOfApi();
  if (!without(asked, ...ofLinks).size) return null;
  const kinds = asked.get("kind").split(",");
  const ofKinds = refs.filter((ref) => kinds.some((kind) => ref.startsWith(`${kind}s/`)));
  return getRecords(ofKinds, withValues(without(asked, "kind", "sort"), { fields: "title" }), { signal });
}

function askForRecords(refs, values, more, signal) {
  const asked = (collection) => ({ ...values, fields: [...fields, "relations", ...fieldsOfLinks[collection], ...more] });
  return getRecords(refs.filter((ref) => !isSource(ref)), asked, { signal });
}
