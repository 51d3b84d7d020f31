import type { HttpResponse } from "./http";

const MEMBERS = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"];

/** Headers of the function that API Gateway renames. (AWS page: Important notes for REST APIs.) */
const REMAPPED = ["authorization", "connection", "content-length", "date", "server"];

/**
 * What becomes of a function's response: no member is needed, none but these is allowed, and scalars stand for
 * texts. Without binary media types a body in base64 goes out as it is.
 *
 * @returns `undefined` for a malformed one, which is answered with 502
 */
export function fromProxyResponse(response: unknown): HttpResponse | undefined {
  if (!isObject(response) || Object.keys(response).length === 0) return undefined;
  if (Object.keys(response).some((member) => !MEMBERS.includes(member))) return undefined;
  const status = statusOf(response["statusCode"]);
  const headers = headersOf(response["headers"], response["multiValueHeaders"]);
  const body = response["body"] ?? "";
  const { isBase64Encoded } = response;
  const flagIsFine = [undefined, null, true, false, "true", "false"].includes(
    isBase64Encoded as null,
  );
  if (status === undefined || !headers || !isScalar(body) || !flagIsFine) return undefined;
  return { status, headers, body: String(body) };
}

function statusOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return 200;
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  if (typeof value === "string" && !/^\s*\d+\s*$/.test(value)) return undefined;
  const status = Number(value);
  return Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined;
}

/** Both kinds are merged; of a value in both, the list's stays. */
function headersOf(single: unknown, multiple: unknown): Record<string, string> | undefined {
  const values = new Map<string, string[]>();
  const add = (name: string, value: unknown): void => {
    const lower = name.toLowerCase();
    const key = REMAPPED.includes(lower) ? `x-amzn-remapped-${lower}` : lower;
    const known = values.get(key) ?? [];
    if (!known.includes(String(value))) values.set(key, [...known, String(value)]);
  };
  for (const [name, list] of Object.entries(multiple ?? {})) {
    if (!Array.isArray(list) || !list.every(isScalar)) return undefined;
    for (const value of list) add(name, value);
  }
  if (!isObject(single ?? {}) || !isObject(multiple ?? {})) return undefined;
  for (const [name, value] of Object.entries(single ?? {})) {
    if (!isScalar(value)) return undefined;
    add(name, value);
  }
  if (!values.has("content-type")) values.set("content-type", ["application/json"]);
  return Object.fromEntries([...values].map(([name, list]) => [name, list.join(", ")]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isScalar = (value: unknown): value is string | number | boolean =>
  ["string", "number", "boolean"].includes(typeof value);
