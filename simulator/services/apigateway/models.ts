import type Ajv from "ajv-draft-04";

/** Tells whether a parsed body fits a model. */
export type ModelCheck = (body: unknown) => boolean;

const DRAFT_04 = /^"http:\/\/json-schema\.org\/draft-04\/schema#?"$/;

/** Formats that only say how a number or a text is meant. Others would have to be checked as AWS checks them. */
const FORMATS_WITHOUT_EFFECT = ["int32", "int64", "float", "double", "password"];

/** A pure function's results: schemas are few, and the same in every account of a run. */
const compiled = new Map<string, ModelCheck>();

/**
 * Compiles a model. (AWS page: Data models for REST APIs: JSON Schema draft 4.)
 *
 * @param schema JSON text
 * @throws an `Error` that says what is wrong with it
 */
export function compileModel(schema: string): ModelCheck {
  const known = compiled.get(schema);
  if (known) return known;
  const document = JSON.parse(schema) as unknown;
  refuseUnmodelled(document, "#");
  // ECMA 262 as draft 4 knew it; defaults are never filled in, types never converted.
  const ajv = new (ajvClass())({ strict: false, unicodeRegExp: false, validateFormats: false });
  const check = ajv.compile(document as object);
  const model: ModelCheck = (body) => check(body);
  compiled.set(schema, model);
  return model;
}

/** Loaded where there is a model: it would be much of the start-up time of an account without any. */
function ajvClass(): typeof Ajv {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  return require("ajv-draft-04") as typeof Ajv;
}

/** What is wrong with a model's schema, or `undefined`. */
export function problemWithModel(schema: string): string | undefined {
  try {
    compileModel(schema);
    return undefined;
  } catch (cause) {
    return (cause as Error).message;
  }
}

function refuseUnmodelled(node: unknown, path: string): void {
  if (typeof node !== "object" || node === null) {
    if (path === "#") throw new Error("a model is a JSON object");
    return;
  }
  const { $schema, $ref, format } = node as Record<string, unknown>;
  if (path === "#" && $schema !== undefined && !DRAFT_04.test(JSON.stringify($schema))) {
    throw new Error(
      `$schema must be http://json-schema.org/draft-04/schema#, not ${JSON.stringify($schema)}`,
    );
  }
  if (typeof $ref === "string" && !$ref.startsWith("#")) {
    throw new Error(`${path}: references to other models (${$ref}) are not modelled`);
  }
  if (typeof format === "string" && !FORMATS_WITHOUT_EFFECT.includes(format)) {
    throw new Error(`${path}: the format ${format} is not modelled; use a pattern`);
  }
  for (const [name, member] of Object.entries(node)) refuseUnmodelled(member, `${path}/${name}`);
}
