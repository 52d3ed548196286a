// openapi-fetch, with the types that openapi-typescript makes: node with_openapi_fetch.js ADDRESS KEY

import assert from "node:assert/strict";

import createClient from "openapi-fetch";

import type { components, paths } from "./api.js";
import { isExactly } from "./types.js";

type Schemas = components["schemas"];

const [, , baseUrl = "", key = ""] = process.argv;
const client = createClient<paths, "application/json" | "application/problem+json">({ baseUrl, headers: { Authorization: `Bearer ${key}` } });

async function create(): Promise<void> {
  for (let number = 0; number < 7; number += 1) {
    const body = { id: `event-${number}`, title: `Event ${number}`, date: `196${number}` };
    const { data, response } = await client.POST("/v1/events", { body });
    assert.equal(response.status, 201);
    assert.equal(data?.date?.edtf, `196${number}`);
  }
  // A request needs no kind, and what is written may be said in full.
  const whole: Schemas["Event"] = {
    title: "A meeting",
    date: { edtf: "1970", calendar: "julian" },
    figures: [{ measure: "deaths", low: 3 }],
  };
  // @ts-expect-error - a calendar that there is not
  const wrong: Schemas["Event"] = { title: "A meeting", date: { edtf: "1970", calendar: "mayan" } };
  // @ts-expect-error - no title
  const untitled: Schemas["Event"] = { id: "untitled" };
  assert.ok(whole && wrong && untitled);
}

async function read(): Promise<void> {
  const { data } = await client.GET("/v1/events/{id}", { params: { path: { id: "event-3" } } });
  assert.ok(data?.date);
  isExactly<"event">()(data.kind);
  isExactly<Schemas["HistoricalDate"]>()(data.date);
  isExactly<string | null>()(data.date.start.earliest);
  isExactly<string[] | undefined>()(data.tags);
  assert.deepEqual([data.title, data.revision, data.date.start.earliest], ["Event 3", 1, "1963-01-01"]);
}

async function change(): Promise<void> {
  const at = (revision: number) => ({ path: { id: "event-3" }, header: { "If-Match": `"${revision}"` } });

  const mergePatch: Schemas["EventMergePatch"] = { title: "Renamed", tags: ["cold war"], summary: null };
  const merged = await client.PATCH("/v1/events/{id}", { params: at(1), body: mergePatch });
  assert.deepEqual([merged.data?.title, merged.data?.tags, merged.data?.revision], ["Renamed", ["cold war"], 2]);

  const operations: Schemas["JsonPatch"] = [
    { op: "test", path: "/title", value: "Renamed" },
    { op: "add", path: "/tags/-", value: "1963" },
  ];
  const patched = await client.PATCH("/v1/events/{id}", { params: at(2), body: operations });
  assert.deepEqual([patched.data?.tags, patched.data?.revision], [["cold war", "1963"], 3]);

  for (const [type, body] of [
    ["application/merge-patch+json", { tags: ["cold war"] }],
    ["application/json-patch+json", [{ op: "remove", path: "/tags" }]],
  ] satisfies [string, Schemas["EventPatch"]][]) {
    const headers = { "Content-Type": type };
    const { response } = await client.PATCH("/v1/events/{id}", { params: { ...at(0), header: { "If-Match": "*" } }, body, headers });
    assert.equal(response.status, 200);
  }
  // @ts-expect-error - an operation that there is not
  const wrong: Schemas["JsonPatch"] = [{ op: "append", path: "/tags", value: "x" }];
  // @ts-expect-error - `add` without a value
  const valueless: Schemas["JsonPatch"] = [{ op: "add", path: "/tags" }];
  assert.ok(wrong && valueless);

  const { data: found } = await client.GET("/v1/events/{id}", { params: { path: { id: "event-3" } } });
  assert.ok(found);
  const body = { ...found, title: "Renamed again" };
  const replaced = await client.PUT("/v1/events/{id}", { params: at(5), body });
  assert.deepEqual([replaced.data?.title, replaced.data?.revision], ["Renamed again", 6]);
}

async function page(): Promise<void> {
  const titles: (string | undefined)[] = [];
  let cursor: string | undefined;
  do {
    const { data } = await client.GET("/v1/events", {
      params: { query: { limit: 3, facets: ["decade", "type"], ...(cursor === undefined ? {} : { cursor }) } },
    });
    assert.ok(data?.facets?.decade);
    isExactly<Schemas["Facets"]>()(data.facets);
    isExactly<Schemas["SpanCount"][]>()(data.facets.decade);
    isExactly<string | null>()(data.next);
    assert.deepEqual(data.facets.decade.map((one) => one.value), ["1960"]);
    titles.push(...data.items.map((item) => item.title));
    cursor = data.next === null ? undefined : (new URL(data.next, baseUrl).searchParams.get("cursor") ?? undefined);
  } while (cursor !== undefined);
  assert.deepEqual(titles, ["Event 0", "Event 1", "Event 2", "Renamed again", "Event 4", "Event 5", "Event 6"]);

  type Query = NonNullable<paths["/v1/events"]["get"]["parameters"]["query"]>;
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
  const { data } = await client.GET("/v1/search", { params: { query: { q: "renamed" } } });
  assert.ok(data);
  assert.deepEqual(data.items.map((item) => [item.kind, item.id, item.date?.label]), [["event", "event-3", "1963"]]);
}

async function readProblems(): Promise<void> {
  const missing = await client.GET("/v1/events/{id}", { params: { path: { id: "event-33" } } });
  assert.ok(missing.error);
  isExactly<Schemas["Problem"]>()(missing.error);
  isExactly<Schemas["ProblemFault"][] | undefined>()(missing.error.errors);
  assert.deepEqual([missing.error.status, missing.error.code], [404, "not_found"]);
  assert.match(missing.error.near?.[0]?.ref ?? "", /^events\/event-/);

  const refused = await client.POST("/v1/events", { body: { title: "Undone", date: "the sixties" } });
  assert.deepEqual(refused.error?.errors?.map((one) => [one.pointer, one.code]), [["/date", "invalid_edtf"]]);
}

async function importRecords(): Promise<void> {
  const body: Schemas["DocumentsInput"] = [
    { kind: "place", id: "havana", title: "Havana" },
    { kind: "event", id: "meeting", title: "A meeting", date: "1994", places: [{ place: "places/havana", role: "venue" }] },
  ];
  const { data } = await client.POST("/v1/imports", { params: { query: { dry_run: true } }, body });
  assert.equal(data?.created, 2);
  // @ts-expect-error - a kind that there is not
  const wrong: Schemas["DocumentsInput"] = [{ kind: "person", title: "Ada Lovelace" }];
  assert.ok(wrong);
}

await create();
await read();
await change();
await page();
await search();
await readProblems();
await importRecords();
