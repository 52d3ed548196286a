// Starts Swagger UI, which would take seconds to open an operation with its own way of following references: it reads the
// whole description anew each time, and puts in all that an operation refers to, which is megabytes.

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);

// How many schemas within schemas are put into an operation, which is what examples are made from. What lies deeper is
// looked up when it is shown.
const SCHEMAS_WITHIN = 3;
const SCHEMAS = "#/components/schemas/";

let description;

const isReference = (part) => typeof part?.$ref === "string" && part.$ref.startsWith("#/");
const at = (path) => path.reduce((part, name) => part?.[name], description);
const referredTo = ({ $ref, ...beside }) => ({
  ...at($ref.split("/").slice(1).map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"))),
  ...beside,
  $$ref: $ref,
});

/** Give a part of the description with what it refers to in the places of references. */
function resolved(part, within = SCHEMAS_WITHIN) {
  if (Array.isArray(part)) return part.map((one) => resolved(one, within));
  if (typeof part !== "object" || part === null) return part;
  if (!isReference(part)) {
    return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, resolved(one, within)]));
  }
  const found = referredTo(part);
  if (!part.$ref.startsWith(SCHEMAS)) return resolved(found, within);
  return within === 0 && found.type === "object" ? { ...part, type: "object" } : resolved(found, Math.max(within - 1, 0));
}

const lookedUp = new WeakMap();

/** Give a schema itself where a reference stands for it; always the same one, by which the page knows what is circular. */
function shown(schema) {
  if (!isReference(schema)) return schema;
  if (!lookedUp.has(schema)) lookedUp.set(schema, referredTo(schema));
  return lookedUp.get(schema);
}

const LINES_OF_JSON = "application/x-ndjson";

/** Let the example of lines stand as it is: the page takes it for JSON, and puts all of it into quotation marks. */
function keepLines(system) {
  const sampleOf = system.fn.getSampleSchema;
  system.fn.getSampleSchema = (schema, mediaType, settings, example) =>
    mediaType === LINES_OF_JSON && typeof example === "string"
      ? example
      : sampleOf(schema, mediaType, settings, example);
}

const following = (system) => ({
  afterLoad: keepLines,
  fn: {
    resolveSubtree: async (document, path) => ({ spec: resolved(at(path)), errors: [] }),
  },
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (original) => (read) => {
          description = read;
          return original(read);
        },
      },
    },
  },
  wrapComponents: {
    JSONSchema202012: (Schema) =>
      system.React.forwardRef((properties, reference) =>
        system.React.createElement(Schema, { ...properties, schema: shown(properties.schema), ref: reference }),
      ),
  },
});

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // Else the description would be sent to a validator on another host.
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [following],
  layout: "BaseLayout",
});
