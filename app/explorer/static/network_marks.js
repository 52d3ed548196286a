// How the records and links of a network stand to the question of the page: which the whole filter finds, and what is so as
// the source has it that is read.
import { questionOfApi } from "./address.js";
import { getRecords, withValues } from "./api.js";
import { asRead, sourceRead } from "./reading.js";
import { count, words } from "./words.js";

// What links are asked as well, and what finds the same records.
const ofLinks = ["kind", "when", "certainty", "lang", "policy", "sort"];
const fields = ["title", "type", "date"];
const members = { participant: ["participants", "actor"], party: ["parties", "actor"], place: ["places", "place"] };
const fieldsOfLinks = {
  events: ["participants", "places"], missions: ["participants", "places", "established_under"], actors: ["places"],
  agreements: ["parties", "places", "provisions"], places: [],
};

/** Mark records and links: `found` by the filter (null where all are), their `standing` to the source, and `said`, both in words. */
export async function mark({ nodes, edges }, signal) {
  const [matches, own] = await Promise.all([askForMatches([...nodes.keys()], signal), askForOwn([...nodes.keys()], signal)]);
  for (const [ref, node] of nodes) {
    const found = matches && matches.has(ref);
    const { standing, said } = own && !isSource(ref) ? asRead(own.get(ref), node, fields) : {};
    const told = [found === null ? "" : found ? "found by the filter" : "not found by the filter", said].filter(Boolean);
    Object.assign(node, { found, standing, reading: said, said: told });
  }
  for (const edge of edges) {
    const found = matches && (matches.has(edge.source) || matches.has(edge.target));
    Object.assign(edge, { found, ...(own && !isSource(edge.source) ? standingOf(edge, own.get(edge.source) ?? {}) : { standing: "same", said: "" }) });
  }
}

export function classOf({ found, standing }) {
  return `${found === null ? "" : found ? "found" : "pale"} ${standing ?? "same"}`.trim();
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
    const lacking = [[grey(all), "record"], [grey(edges), "link"]].filter(([n]) => n).map(([n, name]) => count(n, name));
    const has = lacking.length ? `does not have ${lacking.join(" and ")}, which are grey` : "has all of these";
    told.push(`${sourceRead()} ${has}; what it has otherwise has a ≠.`);
  }
  return told;
}

// No source has evidence about a source.
function isSource(ref) {
  return ref.startsWith("sources/");
}

function standingOf({ relation, role, target }, own) {
  const roles = linksOf(own, relation, target).map((one) => one.role);
  if (!roles.length) return { standing: "silent", said: `${sourceRead()} does not have it` };
  if (roles.includes(role)) return { standing: "same", said: "" };
  return { standing: "own", said: `${sourceRead()} has it ${roles.map((as) => (as ? `as ${words(as)}` : "without a role")).join(" and ")}` };
}

function linksOf(own, relation, target) {
  const [field, end] = members[relation] ?? [];
  if (field) return (own[field] ?? []).filter((one) => one[end] === target);
  if (relation === "established-under") return [own.established_under].filter((one) => one?.agreement === target);
  if (relation === "obliges" || relation === "benefits") return (own.provisions ?? []).filter((one) => one[relation]?.includes(target));
  return (own.relations ?? []).filter((one) => one.type === relation && one.target === target);
}

async function askForMatches(refs, signal) {
  const asked = questionOfApi();
  if ([...asked.keys()].every((name) => ofLinks.includes(name))) return null;
  const kinds = asked.get("kind").split(",");
  for (const name of ["kind", "sort"]) asked.delete(name);
  const ofKinds = refs.filter((ref) => kinds.some((kind) => ref.startsWith(`${kind}s/`)));
  return getRecords(ofKinds, withValues(asked, { fields: "title" }), { signal });
}

async function askForOwn(refs, signal) {
  if (!sourceRead()) return null;
  const asked = (collection) => ({ policy: `source:${sourceRead()}`, fields: [...fields, "relations", ...fieldsOfLinks[collection]] });
  return getRecords(refs.filter((ref) => !isSource(ref)), asked, { signal });
}
