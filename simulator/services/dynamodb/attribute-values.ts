import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { base64Of } from "../base64";
import { validation } from "./errors";
import { canonicalNumber, compareNumbers, numberSize } from "./numbers";

export type { AttributeValue };

/** An item, as the SDK's low-level client has it. Stored items are never changed, only replaced. */
export type Item = Readonly<Record<string, AttributeValue>>;

export type AttributeType = "S" | "N" | "B" | "SS" | "NS" | "BS" | "L" | "M" | "BOOL" | "NULL";

export const ATTRIBUTE_TYPES: readonly AttributeType[] = [
  "S",
  "N",
  "B",
  "SS",
  "NS",
  "BS",
  "L",
  "M",
  "BOOL",
  "NULL",
];

const KNOWN_TYPES: ReadonlySet<string> = new Set(ATTRIBUTE_TYPES);

const NESTING_MAX = 32;

/** The type of a value that was validated: its only member. */
export function typeOf(value: AttributeValue): AttributeType {
  for (const type in value) return type as AttributeType;
  throw new Error("an attribute value without a type was stored");
}

/**
 * A value given by a caller with numbers in canonical form. Scalars that need no change are shared with
 * the request, which is a copy that only the account has.
 *
 * @throws ValidationException
 */
export function normalizedValue(value: AttributeValue, depth = 0): AttributeValue {
  if (depth > NESTING_MAX) {
    throw validation("Nesting Levels have exceeded supported limits");
  }
  const type = onlyType(value);
  switch (type) {
    case "S":
      return isAlone(value) ? value : { S: value.S! };
    case "N": {
      const canonical = canonicalNumber(String(value.N));
      return canonical === value.N && isAlone(value) ? value : { N: canonical };
    }
    case "B":
      return { B: value.B! };
    case "BOOL":
      return { BOOL: value.BOOL! };
    case "NULL":
      if (!value.NULL) {
        throw validation(
          "One or more parameter values were invalid: Null attribute value types must have the value of true",
        );
      }
      return { NULL: true };
    case "L":
      return { L: value.L!.map((element) => normalizedValue(element, depth + 1)) };
    case "M":
      return { M: normalizedItem(value.M!, depth + 1) };
    default:
      return normalizedSet(type, value);
  }
}

/** @throws ValidationException */
export function normalizedItem(
  item: Readonly<Record<string, AttributeValue>>,
  depth = 0,
): Record<string, AttributeValue> {
  const copy: Record<string, AttributeValue> = {};
  for (const name in item) {
    const value = item[name];
    // The SDK leaves members out that are undefined.
    if (value !== undefined) copy[name] = normalizedValue(value, depth);
  }
  return copy;
}

/** Whether a value can be kept as it is: requests are ours, but may have members left undefined. */
function isAlone(value: AttributeValue): boolean {
  let members = 0;
  for (const _type in value) members++;
  return members === 1;
}

function onlyType(value: AttributeValue): AttributeType {
  let found: AttributeType | undefined;
  for (const type in value) {
    if (value[type as AttributeType] === undefined) continue;
    if (found) {
      throw validation(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
      );
    }
    found = type as AttributeType;
  }
  if (!found || !KNOWN_TYPES.has(found)) {
    throw validation(
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    );
  }
  return found;
}

function normalizedSet(type: "SS" | "NS" | "BS", value: AttributeValue): AttributeValue {
  const invalid = "One or more parameter values were invalid: ";
  if (type === "BS") {
    const elements = value.BS!;
    if (elements.length === 0) throw validation(`${invalid}Binary sets should not be empty`);
    requireDistinct(elements.map(base64Of), `${invalid}Input collection of type BS`);
    return { BS: [...elements] };
  }
  if (type === "SS") {
    const elements = value.SS!.map(String);
    // The double blank is the service's own.
    if (elements.length === 0) throw validation(`${invalid}An string set  may not be empty`);
    requireDistinct(elements, `${invalid}Input collection [${elements.join(", ")}]`);
    return { SS: elements };
  }
  const elements = value.NS!.map((element) => canonicalNumber(String(element)));
  if (elements.length === 0) throw validation(`${invalid}An number set  may not be empty`);
  requireDistinct(elements, "Input collection");
  return { NS: elements };
}

function requireDistinct(elements: readonly string[], what: string): void {
  if (new Set(elements).size < elements.length) throw validation(`${what} contains duplicates.`);
}

/** Whether two values are equal: same type, numbers by value, sets whatever their order. */
export function valuesEqual(left: AttributeValue, right: AttributeValue): boolean {
  if (left === right) return true;
  const type = typeOf(left);
  if (type !== typeOf(right)) return false;
  switch (type) {
    case "B":
      return compareBytes(left.B!, right.B!) === 0;
    case "SS":
    case "NS":
      return sameElements(left[type]!, right[type]!);
    case "BS":
      return sameElements(left.BS!.map(base64Of), right.BS!.map(base64Of));
    case "L":
      return (
        left.L!.length === right.L!.length &&
        left.L!.every((element, index) => valuesEqual(element, right.L![index]!))
      );
    case "M":
      return itemsEqual(left.M!, right.M!);
    default:
      // Numbers are canonical: equal numbers are equal texts.
      return left[type] === right[type];
  }
}

export function itemsEqual(left: Item, right: Item): boolean {
  if (left === right) return true;
  let count = 0;
  for (const name in left) {
    const other = right[name];
    if (other === undefined || !valuesEqual(left[name]!, other)) return false;
    count++;
  }
  for (const _name in right) count--;
  return count === 0;
}

function sameElements(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false;
  const elements = new Set(right);
  return left.every((element) => elements.has(element));
}

/**
 * Orders two values of one scalar type that has an order (S by its UTF-8 bytes, N, B): negative, zero or
 * positive; undefined where there is no order between them.
 */
export function compareValues(left: AttributeValue, right: AttributeValue): number | undefined {
  if (left.S !== undefined && right.S !== undefined) return compareTexts(left.S, right.S);
  if (left.N !== undefined && right.N !== undefined) return compareNumbers(left.N, right.N);
  if (left.B !== undefined && right.B !== undefined) return compareBytes(left.B, right.B);
  return undefined;
}

/** By UTF-8 bytes. JavaScript compares UTF-16 units, which differs where surrogates are involved. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    // Surrogates stand for code points above all others: move them behind U+FFFF.
    return (isSurrogate(a) ? a + 0x10000 : a) - (isSurrogate(b) ? b + 0x10000 : b);
  }
  return left.length - right.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

const compareBytes = (left: Uint8Array, right: Uint8Array): number => Buffer.compare(left, right);

/** Stored bytes of a value, its name not included ("Item sizes and formats"). */
export function valueSize(value: AttributeValue): number {
  const type = typeOf(value);
  switch (type) {
    case "S":
      return Buffer.byteLength(value.S!);
    case "N":
      return numberSize(value.N!);
    case "B":
      return value.B!.length;
    case "SS":
      return value.SS!.reduce((sum, element) => sum + Buffer.byteLength(element), 0);
    case "NS":
      return value.NS!.reduce((sum, element) => sum + numberSize(element), 0);
    case "BS":
      return value.BS!.reduce((sum, element) => sum + element.length, 0);
    case "L":
      return value.L!.reduce((sum, element) => sum + 1 + valueSize(element), 3);
    case "M":
      return 3 + itemSize(value.M!) + Object.keys(value.M!).length;
    default:
      return 1;
  }
}

/** Stored bytes of an item, names included. */
export function itemSize(item: Item): number {
  let size = 0;
  for (const name in item) size += Buffer.byteLength(name) + valueSize(item[name]!);
  return size;
}

/** A copy that its receiver may change. */
export function copyItem(item: Item): Record<string, AttributeValue> {
  const copy: Record<string, AttributeValue> = {};
  for (const name in item) copy[name] = copyValue(item[name]!);
  return copy;
}

function copyValue(value: AttributeValue): AttributeValue {
  const type = typeOf(value);
  switch (type) {
    case "B":
      return { B: Uint8Array.from(value.B!) };
    case "SS":
      return { SS: [...value.SS!] };
    case "NS":
      return { NS: [...value.NS!] };
    case "BS":
      return { BS: value.BS!.map((element) => Uint8Array.from(element)) };
    case "L":
      return { L: value.L!.map(copyValue) };
    case "M":
      return { M: copyItem(value.M!) };
    default:
      return { ...value };
  }
}
