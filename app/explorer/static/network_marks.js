// How the records and links of a network stand to the question of the page: which the whole filter finds, and what is so as
// the source has it that is read.
import { questionOfApi } from "./address.js";
import { getRecords, withValues } from "./api.js";
import { asRead, sourceRead } from "./reading.js";
import { count, words } from "./words.js";

// What links are asked as well, and what finds the same records.
const ofLinks = ["kind", "when", "certainty", "lang", "policy", "sort"];
const fields = ["title", "type", "date"];

const ofProvisions = (name) => ({ provisions }) => provisions?.flatMap((one) => one[name] ?? []).map((actor) => [actor]);
const endsOf = {
  participant: ({ participants }) => participants?.map((one) => [one.actor, one.role]),
  party: ({ parties }) => parties?.map((one) => [one.actor, one.role]),
  place: ({ places }) => places?.map((one) => [one.place, one.role]),
  "established-under": ({ established_under: under }) => under && [[under.agreement]],
  obliges: ofProvisions("obliges"),
  benefits: ofProvisions("benefits"),
};
const linksOf = {
  events: "participants,places,", missions: "participants,places,established_under,", agreements: "parties,places,provisions,",
  actors: "places,", places: "",
};

/** Marks of records and links: what classes they have, and what is said of them. */
class Marks {
  #matches;
  #records;
  #own;

  constructor(matches, records, own) {
    this.#matches = matches;
    this.#records = records;
    this.#own = own;
  }

  /** Whether the whole filter finds a record; null where there is none but what links are asked as well. */
  isFound(ref) {
    return this.#matches?.has(ref) ?? null;
  }

  /** Return {name, said}: the classes of a record, and its marks in words. */
  ofRecord(ref) {
    const { standing = "same", said = "" } = this.#records.get(ref) ?? {};
    const found = this.isFound(ref);
    return {
      name: `${found === null ? "" : found ? "found" : "pale"} ${standing}`.trim(),
      said: [found === null ? "" : found ? "found by the filter" : "not found by the filter", said].filter(Boolean),
    };
  }

  /** Return likewise for a link. */
  ofLink({ source, target, relation, role }) {
    const isPale = this.isFound(source) === false && !this.isFound(target);
    const name = (standing) => `${isPale ? "pale" : ""} ${standing}`.trim();
    if (!this.#own || source.startsWith("sources/")) return { name: name("same"), said: [] };
    const own = this.#own.get(source) ?? {};
    const ends = endsOf[relation]?.(own) ?? own.relations?.filter((one) => one.type === relation).map((one) => [one.target]) ?? [];
    const roles = ends.filter(([end]) => end === target).map(([, as]) => as);
    if (!roles.length) return { name: name("silent"), said: [`${sourceRead()} does not have it`] };
    if (roles.includes(role)) return { name: name("same"), said: [] };
    return { name: name("own"), said: [`${sourceRead()} has it ${roles.map((as) => (as ? `as ${words(as)}` : "without a role")).join(" and ")}`] };
  }

  /** Say what stands out, and why, for the records and links of a network. */
  told(nodes, edges) {
    const told = [];
    if (this.#matches) {
      const found = [...nodes.keys()].filter((ref) => this.isFound(ref)).length;
      told.push(`${count(found, "record")} of these ${found === 1 ? "is" : "are"} found by the whole filter and ${found === 1 ? "stands" : "stand"} out; the others are pale.`);
    }
    if (this.#own) {
      const grey = (marks) => marks.filter(({ name }) => name.includes("silent")).length;
      const [records, links] = [grey([...nodes.keys()].map((ref) => this.ofRecord(ref))), grey(edges.map((edge) => this.ofLink(edge)))];
      told.push(`${sourceRead()} does not have ${count(records, "record")} and ${count(links, "link")}, which are grey; what it has otherwise has a ≠.`);
    }
    return told;
  }
}

/** Ask how the records of a network stand to the question of the page. */
export async function askForMarks({ nodes }, signal) {
  const [matches, own] = await Promise.all([askForMatches([...nodes.keys()], signal), askForOwn([...nodes.keys()], signal)]);
  const compared = [...nodes].filter(([ref]) => own && !ref.startsWith("sources/"));
  return new Marks(matches, new Map(compared.map(([ref, node]) => [ref, asRead(own.get(ref), node, fields)])), own);
}

/** Return which of some records the whole filter finds; null where it asks nothing that links are not asked as well. */
async function askForMatches(refs, signal) {
  const asked = questionOfApi();
  if ([...asked.keys()].every((name) => ofLinks.includes(name))) return null;
  const kinds = asked.get("kind").split(",");
  for (const name of ["kind", "sort"]) asked.delete(name);
  const found = await getRecords(refs.filter((ref) => kinds.some((kind) => ref.startsWith(`${kind}s/`))), withValues(asked, { fields: "title" }), { signal });
  return new Set(found.keys());
}

/** Return some records as the source has them that is read; null where none is. No source has evidence about sources. */
async function askForOwn(refs, signal) {
  if (!sourceRead()) return null;
  const asked = (collection) => ({ policy: `source:${sourceRead()}`, fields: `${fields},${linksOf[collection]}relations` });
  return getRecords(refs.filter((ref) => !ref.startsWith("sources/")), asked, { signal });
}
