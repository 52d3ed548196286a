// The database as one source has it (`policy`), beside what is written: what it is silent on, and what it has otherwise.
import { question } from "./address.js";
import { getRecords, without } from "./api.js";
import { element, recordLink } from "./view.js";
import { count, words } from "./words.js";

const mostWritten = 500;

const shown = {
  title: (record) => record.title_recorded ?? record.title,
  type: (record) => record.type && words(record.type),
  date: (record) => record.date?.label,
  places: (record) => record.places?.map((link) => link.place).join(", "),
};

export function sourceRead() {
  return /^source:(.+)/.exec(question().get("policy") ?? "")?.[1] ?? null;
}

/** Return what marks what a source has otherwise, or alone. */
export function signOf({ standing }) {
  return { own: "≠ ", added: "+ " }[standing] ?? "";
}

// Whether the evidence of a record as a source has it disputes a field, or a member of it.
function disputes({ evidence = [] }, field) {
  return evidence.some(({ property = "", stance, rank }) =>
    stance === "disputes" && rank !== "deprecated" && property.split("/")[0] === field);
}

function comparison(own, written, fields) {
  const differ = fields.filter((field) => shown[field](own) !== shown[field](written));
  const lacking = differ.filter((field) => shown[field](own) === undefined);
  const disputed = lacking.filter((field) => disputes(own, field));
  const silent = lacking.filter((field) => !disputed.includes(field));
  const lacks = [["disputes", disputed], ["is silent on", silent]].filter(([, some]) => some.length)
    .map(([verb, some]) => `${verb} its ${some.join(" and ")}`).join(" and ");
  return { lacking, lacks, other: differ.filter((field) => !lacking.includes(field)) };
}

function inWords(record, fields) {
  return fields.map((field) => `${field} ${shown[field](record) ?? "none"}`).join(", ");
}

/**
 * Return a record as a source has it with `standing`, "same", "own" or "silent", and that in words as `said`. Where the source
 * is silent on the field that places it in a view, `key`, the record's is taken; `written` is its date where the source has another.
 */
export function asRead(own, written, fields, key) {
  if (!own) return { ...written, standing: "silent", said: `${sourceRead()} says nothing of it` };
  const { other, lacking, lacks } = comparison(own, written, fields);
  const said = [other.length && `the record says: ${inWords(written, other)}`, lacks && `${sourceRead()} ${lacks}`].filter(Boolean).join("; ");
  if (lacking.includes(key)) return { ...own, [key]: written[key], standing: "silent", said };
  return { ...own, standing: other.length ? "own" : "same", said, ...(other.includes("date") && { written: written.date }) };
}

// What is found as it is written alone.
function asWritten(own, written, fields) {
  const all = asRead(null, written);
  if (!own) return all;
  const { other, lacks } = comparison(own, written, fields);
  return { ...all, said: `${sourceRead()} ${other.length ? `says: ${inWords(own, other)}` : lacks || "has it otherwise"}` };
}

/**
 * Return what is found as the source has it, then what is found as it is written alone, each with how it stands to the other.
 * All have their references as `ref`; `key` is the field that places them in the view.
 */
async function besideWritten(found, written, key, signal) {
  const fields = [...new Set(["title", "type", "date", key])];
  const [own, plain] = [found, written].map((records) => new Map(records.map((one) => [one.ref, one])));
  const policy = { policy: `source:${sourceRead()}` };
  const ask = (all, there, more, ...others) => getRecords([...all.keys()].filter((ref) => !there.has(ref)),
    // Places have no places.
    (collection) => ({ ...more, fields: [...fields.filter((field) => field !== collection), ...others] }), { signal });
  const [morePlain, moreOwn] = await Promise.all([ask(own, plain, {}), ask(plain, own, policy, "evidence")]);
  const pairs = found.map((one) => [one, plain.get(one.ref) ?? morePlain.get(one.ref) ?? one]);
  const lacking = pairs.filter((pair) => comparison(...pair, fields).lacking.length).map(([{ ref }]) => ref);
  const evidence = await getRecords(lacking, { ...policy, fields: "evidence" }, { signal });
  return [
    ...pairs.map(([one, other]) => asRead({ ...one, evidence: evidence.get(one.ref)?.evidence }, other, fields, key)),
    ...written.filter((one) => !own.has(one.ref)).map((one) => asWritten(moreOwn.get(one.ref), one, fields)),
  ];
}

/** Ask for `records` as the page reads them, beside how they are written unless these are too many. */
export async function askBeside(ask, asked, key, signal) {
  if (!sourceRead()) return ask(asked);
  const [found, written] = await Promise.all([ask(asked), ask(without(asked, "policy"))]);
  const isTooMuch = found.cut || written.cut || written.records.length > mostWritten;
  const records = await besideWritten(found.records, isTooMuch ? [] : written.records, key, signal);
  return { ...found, records, told: toldOfGrey(records, isTooMuch), titles: { ...written.titles, ...found.titles } };
}

function toldOfGrey(records, isTooMuch) {
  if (isTooMuch) return `More than ${mostWritten} are found as they are written: what ${sourceRead()} does not have is not shown. `;
  const grey = records.filter(({ standing }) => standing === "silent").length;
  return grey ? `${count(grey, "record")} that ${sourceRead()} does not have so, in grey where drawn. ` : "";
}

export function linkAsRead(record) {
  const { standing, said } = record;
  return said ? element("span", { class: standing }, recordLink(record), ` (${said})`) : recordLink(record);
}
