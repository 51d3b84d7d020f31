import { ServiceError } from "../errors";

/** The largest payload of a synchronous invocation, either way. Source: "Lambda quotas". */
export const SYNCHRONOUS_PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;

/** The largest event of an asynchronous one. Source: "Lambda quotas", since January 2026. */
export const ASYNCHRONOUS_PAYLOAD_BYTES_MAX = 1024 * 1024;

/** @throws RequestEntityTooLargeException, InvalidRequestContentException */
export function checkPayload(text: string, type: "RequestResponse" | "Event"): void {
  const bytes = Buffer.byteLength(text);
  if (type === "Event" && bytes > ASYNCHRONOUS_PAYLOAD_BYTES_MAX) {
    throw tooLarge(
      `${bytes} byte payload is too large for the Event invocation type ` +
        `(limit ${ASYNCHRONOUS_PAYLOAD_BYTES_MAX} bytes)`,
    );
  }
  if (bytes > SYNCHRONOUS_PAYLOAD_BYTES_MAX) {
    throw tooLarge(
      `Request must be smaller than ${SYNCHRONOUS_PAYLOAD_BYTES_MAX} bytes for the ` +
        "InvokeFunction operation",
    );
  }
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new ServiceError(
      "InvalidRequestContentException",
      `Could not parse request body into json: ${(cause as Error).message}`,
    );
  }
}

export function textOf(payload: Uint8Array | string | undefined): string {
  if (payload === undefined || payload.length === 0) return "{}";
  return typeof payload === "string" ? payload : Buffer.from(payload).toString("utf8");
}

/** A payload as the SDK hands it out: bytes that can be turned into text. */
export function blob(text: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(text, "utf8"));
  const transformToString = (encoding: BufferEncoding = "utf8"): string =>
    Buffer.from(bytes).toString(encoding);
  return Object.assign(bytes, { transformToString });
}

const tooLarge = (message: string): ServiceError =>
  new ServiceError("RequestEntityTooLargeException", message, { statusCode: 413 });
