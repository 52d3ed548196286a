// The client that @hey-api/openapi-ts makes: node with_hey_api.js ADDRESS KEY

import assert from "node:assert/strict";

import { client } from "./hey/client.gen.js";
import {
  createEvent,
  createImport,
  getEvent,
  listEvents,
  patchEvent,
  replaceEvent,
  search as searchRecords,
} from "./hey/sdk.gen.js";
import type {
  DocumentsInputWritable,
  EventMergePatchWritable,
  EventWritable,
  Facets,
  HistoricalDate,
  JsonPatch,
  ListEventsData,
  Problem,
  ProblemFault,
  SpanCount,
} from "./hey/types.gen.js";
import { isExactly } from "./types.js";

const [, , baseUrl = "", key = ""] = process.argv;
client.setConfig({ baseUrl, auth: key });

async function create(): Promise<void> {
  for (let number = 0; number < 7; number += 1) {
    const body = { id: `event-${number}`, title: `Event ${number}`, date: `196${number}` };
    const { data, response } = await createEvent({ body });
    assert.equal(response?.status, 201);
    assert.equal(data?.date?.edtf, `196${number}`);
  }
  // A request needs no kind, and what is written may be said in full.
  const whole: EventWritable = {
    title: "A meeting",
    date: { edtf: "1970", calendar: "julian" },
    figures: [{ measure: "deaths", low: 3 }],
  };
  // @ts-expect-error - a calendar that there is not
  const wrong: EventWritable = { title: "A meeting", date: { edtf: "1970", calendar: "mayan" } };
  // @ts-expect-error - no title
  const untitled: EventWritable = { id: "untitled" };
  assert.ok(whole && wrong && untitled);
}

async function read(): Promise<void> {
  const { data } = await getEvent({ path: { id: "event-3" } });
  assert.ok(data?.date);
  isExactly<"event">()(data.kind);
  isExactly<HistoricalDate>()(data.date);
  isExactly<string | null>()(data.date.start.earliest);
  isExactly<string[] | undefined>()(data.tags);
  assert.deepEqual([data.title, data.revision, data.date.start.earliest], ["Event 3", 1, "1963-01-01"]);
}

async function change(): Promise<void> {
  const at = (revision: number) => ({ path: { id: "event-3" }, headers: { "If-Match": `"${revision}"` } });

  const mergePatch: EventMergePatchWritable = { title: "Renamed", tags: ["cold war"], summary: null };
  const merged = await patchEvent({ ...at(1), body: mergePatch });
  assert.deepEqual([merged.data?.title, merged.data?.tags, merged.data?.revision], ["Renamed", ["cold war"], 2]);

  const operations: JsonPatch = [
    { op: "test", path: "/title", value: "Renamed" },
    { op: "add", path: "/tags/-", value: "1963" },
  ];
  const patched = await patchEvent({ ...at(2), body: operations });
  assert.deepEqual([patched.data?.tags, patched.data?.revision], [["cold war", "1963"], 3]);
  // @ts-expect-error - an operation that there is not
  const wrong: JsonPatch = [{ op: "append", path: "/tags", value: "x" }];
  // @ts-expect-error - `add` without a value
  const valueless: JsonPatch = [{ op: "add", path: "/tags" }];
  assert.ok(wrong && valueless);

  const { data: found } = await getEvent({ path: { id: "event-3" } });
  assert.ok(found);
  const replaced = await replaceEvent({ ...at(3), body: { ...found, title: "Renamed again" } });
  assert.deepEqual([replaced.data?.title, replaced.data?.revision], ["Renamed again", 4]);
}

async function page(): Promise<void> {
  const titles: (string | undefined)[] = [];
  let cursor: string | undefined;
  do {
    const { data } = await listEvents({
      query: { limit: 3, facets: ["decade", "type"], ...(cursor === undefined ? {} : { cursor }) },
    });
    assert.ok(data?.facets?.decade);
    isExactly<Facets>()(data.facets);
    isExactly<SpanCount[]>()(data.facets.decade);
    isExactly<string | null>()(data.next);
    assert.deepEqual(data.facets.decade.map((one) => one.value), ["1960"]);
    titles.push(...data.items.map((item) => item.title));
    cursor = data.next === null ? undefined : (new URL(data.next, baseUrl).searchParams.get("cursor") ?? undefined);
  } while (cursor !== undefined);
  assert.deepEqual(titles, ["Event 0", "Event 1", "Event 2", "Renamed again", "Event 4", "Event 5", "Event 6"]);

  type Query = NonNullable<ListEventsData["query"]>;
  const right: Query = { format: "geojson", certainty: "certain", fields: ["title", "date"], include: ["facets"] };
  // @ts-expect-error - a format that there is not
  const wrongFormat: Query = { format: "docx" };
  // @ts-expect-error - a member that there is not
  const wrongField: Query = { fields: ["name"] };
  // @ts-expect-error - a facet that there is not
  const wrongFacet: Query = { facets: ["year"] };
  // @ts-expect-error - a word that there is not
  const wrongCertainty: Query = { certainty: "sure" };
  assert.ok(right && wrongFormat && wrongField && wrongFacet && wrongCertainty);
}

async function search(): Promise<void> {
  const { data } = await searchRecords({ query: { q: "renamed" } });
  assert.ok(data);
  assert.deepEqual(data.items.map((item) => [item.kind, item.id, item.date?.label]), [["event", "event-3", "1963"]]);
}

async function readProblems(): Promise<void> {
  const missing = await getEvent({ path: { id: "event-33" } });
  assert.ok(missing.error);
  isExactly<Problem>()(missing.error);
  isExactly<ProblemFault[] | undefined>()(missing.error.errors);
  assert.deepEqual([missing.error.status, missing.error.code], [404, "not_found"]);
  assert.match(missing.error.near?.[0]?.ref ?? "", /^events\/event-/);

  const refused = await createEvent({ body: { title: "Undone", date: "the sixties" } });
  assert.deepEqual(refused.error?.errors?.map((one) => [one.pointer, one.code]), [["/date", "invalid_edtf"]]);
}

async function importRecords(): Promise<void> {
  const body: DocumentsInputWritable = [
    { kind: "term", scheme: "event-type", id: "eclipse", label: "Eclipse" },
    { kind: "event", id: "meeting", title: "A meeting", date: "1994" },
  ];
  const { data } = await createImport({ query: { dry_run: true }, body });
  assert.ok(data);
  isExactly<number>()(data.created);
  assert.deepEqual([data.created, data.faults.map((fault) => fault.code)], [1, ["needs_admin"]]);
  // @ts-expect-error - a vocabulary that there is not
  const wrongTerm: DocumentsInputWritable = [{ kind: "term", scheme: "events", id: "eclipse", label: "Eclipse" }];
  // @ts-expect-error - a kind that there is not
  const wrongKind: DocumentsInputWritable = [{ kind: "person", title: "Ada Lovelace" }];
  assert.ok(wrongTerm && wrongKind);
}

await create();
await read();
await change();
await page();
await search();
await readProblems();
await importRecords();
