// The database as one source has it (`policy`), beside what is written: what it is silent on, and what it has otherwise.
import { question } from "./address.js";
import { getRecords } from "./api.js";
import { element, recordLink } from "./view.js";
import { count, words } from "./words.js";

export const mostWritten = 500;

const shown = {
  title: (record) => record.title_recorded ?? record.title,
  type: (record) => record.type && words(record.type),
  date: (record) => record.date?.label,
  places: (record) => record.places?.map((link) => link.place).join(", "),
};

export function sourceRead() {
  return /^source:(.+)/.exec(question().get("policy") ?? "")?.[1] ?? null;
}

function comparison(own, written, fields) {
  const differ = fields.filter((field) => shown[field](own) !== shown[field](written));
  const silent = differ.filter((field) => shown[field](own) === undefined);
  return { silent, other: differ.filter((field) => !silent.includes(field)) };
}

function inWords(record, fields) {
  return fields.map((field) => `${field} ${shown[field](record) ?? "none"}`).join(", ");
}

/**
 * Return a record as a source has it with `standing`, "same", "own" or "silent", and that in words as `said`. Where the source
 * is silent on the field that places it in a view, `key`, the record's is taken.
 */
export function asRead(own, written, fields, key) {
  if (!own) return { ...written, standing: "silent", said: `${sourceRead()} says nothing of it` };
  const { other, silent } = comparison(own, written, fields);
  const said = [
    ...(other.length ? [`the record says: ${inWords(written, other)}`] : []),
    ...(silent.length ? [`${sourceRead()} is silent on its ${silent.join(" and ")}`] : []),
  ].join("; ");
  if (silent.includes(key)) return { ...own, [key]: written[key], standing: "silent", said };
  return { ...own, standing: other.length ? "own" : "same", said };
}

// What is found as it is written alone.
function asWritten(own, written, fields) {
  const { other, silent } = own ? comparison(own, written, fields) : { other: [], silent: [] };
  const has = other.length ? `says: ${inWords(own, other)}` : silent.length ? `is silent on its ${silent.join(" and ")}` : "has it otherwise";
  return { ...asRead(null, written), ...(own && { said: `${sourceRead()} ${has}` }) };
}

/**
 * Return what is found as the source has it, then what is found as it is written alone, each with how it stands to the other.
 * All have their references as `ref`; `key` is the field that places them in the view.
 */
export async function besideWritten(found, written, key, signal) {
  const fields = [...new Set(["title", "type", "date", key])];
  const [own, plain] = [found, written].map((records) => new Map(records.map((one) => [one.ref, one])));
  const ask = (all, there, more) => getRecords([...all.keys()].filter((ref) => !there.has(ref)),
    // Places have no places.
    (collection) => ({ ...more, fields: fields.filter((field) => field !== collection) }), { signal });
  const [morePlain, moreOwn] = await Promise.all([ask(own, plain, {}), ask(plain, own, { policy: `source:${sourceRead()}` })]);
  return [
    ...found.map((one) => asRead(one, plain.get(one.ref) ?? morePlain.get(one.ref) ?? one, fields, key)),
    ...written.filter((one) => !own.has(one.ref)).map((one) => asWritten(moreOwn.get(one.ref), one, fields)),
  ];
}

export function toldOfGrey(records, isTooMuch) {
  if (!sourceRead()) return "";
  if (isTooMuch) return `More than ${mostWritten} are found as they are written: what ${sourceRead()} does not have is not shown. `;
  const grey = records.filter(({ standing }) => standing === "silent").length;
  return grey ? `${count(grey, "record")} that ${sourceRead()} does not have so, in grey where drawn. ` : "";
}

export function linkAsRead(record) {
  const { standing, said } = record;
  return said ? element("span", { class: standing }, recordLink(record), ` (${said})`) : recordLink(record);
}
