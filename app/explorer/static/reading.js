// The database as one source has it (`policy`), beside what is written: what it is silent on, and what it has otherwise.
import { question } from "./address.js";
import { getRecords } from "./api.js";
import { words } from "./words.js";

/** So many records that are found as they are written are held against what is found as a source has them. */
export const mostWritten = 500;

const shown = {
  title: (record) => record.title_recorded ?? record.title,
  type: (record) => record.type && words(record.type),
  date: (record) => record.date?.label,
  places: (record) => record.places?.map((link) => link.place).join(", "),
};

/** Return the source as which the database is read; null where it is read as it is written. */
export function sourceRead() {
  return /^source:(.+)/.exec(question().get("policy") ?? "")?.[1] ?? null;
}

/** Return the fields that a source has otherwise than they are written, and those that it does not have. */
function comparison(own, written, fields) {
  const differ = fields.filter((field) => shown[field](own) !== shown[field](written));
  const silent = differ.filter((field) => shown[field](own) === undefined);
  return { silent, other: differ.filter((field) => !silent.includes(field)) };
}

function inWords(record, fields) {
  return fields.map((field) => `${field} ${shown[field](record) ?? "none"}`).join(", ");
}

/**
 * Return a record as a source has it (null where that says nothing of it) with `standing`, "same", "own" or "silent", and that
 * in words as `said`. Where the source is silent on the field that places it in a view, `key`, the record's is taken.
 */
export function asRead(own, written, fields, key) {
  if (!own) return { ...written, standing: "silent", said: `${sourceRead()} says nothing of it` };
  const { other, silent } = comparison(own, written, fields);
  const said = [];
  if (other.length) said.push(`the record says: ${inWords(written, other)}`);
  if (silent.length) said.push(`${sourceRead()} is silent on its ${silent.join(" and ")}`);
  const lacksKey = silent.includes(key);
  const standing = lacksKey ? "silent" : other.length ? "own" : "same";
  return { ...own, ...(lacksKey ? { [key]: written[key] } : {}), standing, said: said.join("; ") };
}

/** Return likewise a record that is found as it is written alone. */
function asWritten(own, written, fields) {
  if (!own) return asRead(null, written);
  const { other, silent } = comparison(own, written, fields);
  const said = other.length ? `says: ${inWords(own, other)}` : silent.length ? `is silent on its ${silent.join(" and ")}` : "has it otherwise";
  return { ...written, standing: "silent", said: `${sourceRead()} ${said}` };
}

/**
 * Return what is found as the source has it, then what is found as it is written alone, each with how it stands to the other.
 * All have their references as `ref`; `key` is the field that places them in the view.
 */
export async function besideWritten(found, written, key, signal) {
  const fields = ["title", "type", "date", ...(key === "date" ? [] : [key])];
  const [own, other] = [found, written].map((records) => new Map(records.map((one) => [one.ref, one])));
  const lacking = (from, there) => [...from.keys()].filter((ref) => !there.has(ref));
  // Places have no places.
  const asked = (more) => (collection) => ({ ...more, fields: fields.filter((field) => field !== collection) });
  const [moreWritten, moreOwn] = await Promise.all([
    getRecords(lacking(own, other), asked({}), { signal }),
    getRecords(lacking(other, own), asked({ policy: `source:${sourceRead()}` }), { signal }),
  ]);
  return [
    ...found.map((one) => asRead(one, other.get(one.ref) ?? moreWritten.get(one.ref) ?? one, fields, key)),
    ...written.filter((one) => !own.has(one.ref)).map((one) => asWritten(moreOwn.get(one.ref), one, fields)),
  ];
}
