import { createHash } from "node:crypto";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** A unique id in AWS's form (`AROA` and 17 letters), the same for the same ARN. */
export function uniqueId(prefix: string, arn: string): string {
  const digest = createHash("sha256").update(arn).digest();
  return prefix + Array.from(digest.subarray(0, 17), (byte) => LETTERS[byte % 32]).join("");
}
