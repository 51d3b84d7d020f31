import { ServiceError } from "../errors";
import type { MessageAttributes } from "../sqs/service";
import { compileCondition, type Condition, type Leaf, type Refuse } from "./filter-conditions";

export type FilterScope = "MessageAttributes" | "MessageBody";

/** What a filter policy looks at. */
export interface Filtered {
  readonly attributes: MessageAttributes;
  readonly message: string;
}

/** Why a notification was not delivered, as the metrics have it. */
export type FilterResult = "accepted" | "NoMessageAttributes" | FilterScope | "InvalidMessageBody";

export type FilterPolicy = (filtered: Filtered) => FilterResult;

/** Source: "Filter policy constraints in Amazon SNS". */
const KEYS_MAX = 5;
const COMBINATIONS_MAX = 150;
const POLICY_BYTES_MAX = 262_144;

/** Values by key; the keys of nested objects are joined by dots, as AWS matches them. */
type Values = ReadonlyMap<string, readonly Leaf[]>;
type Test = (values: Values) => boolean;

interface Compiled {
  readonly test: Test;
  /** The product of the values in its arrays, each times its depth. */
  readonly combinations: number;
}

/**
 * Compiles a subscription's filter policy.
 *
 * @param context what AWS puts before the reason when the policy comes with the subscription
 * @throws InvalidParameterException in AWS's words (recorded from AWS)
 */
export function compileFilterPolicy(
  json: string,
  scope: FilterScope,
  context = "Attributes Reason: ",
): FilterPolicy {
  const fail = (reason: string): never => {
    const message = `Invalid parameter: ${context}${reason}`;
    throw new ServiceError("InvalidParameterException", message);
  };
  const refuse: Refuse = (reason) => fail(`FilterPolicy: ${reason}`);
  const policy = parsed(json, refuse);
  if (Object.keys(policy).length > KEYS_MAX) {
    refuse(`Filter policy can not have more than ${KEYS_MAX} keys`);
  }
  const nested = Object.values(policy).some((value) => isObject(value));
  if (scope === "MessageAttributes" && nested) {
    fail("Filter policy scope MessageAttributes does not support nested filter policy");
  }
  const { combinations, test } = compileObject(policy, "", 1, refuse);
  if (combinations > COMBINATIONS_MAX) refuse("Filter policy is too complex");
  return scope === "MessageBody" ? onBody(test) : onAttributes(test);
}

function onAttributes(test: Test): FilterPolicy {
  return ({ attributes }) => {
    if (test(valuesOf(attributes))) return "accepted";
    return Object.keys(attributes).length === 0 ? "NoMessageAttributes" : "MessageAttributes";
  };
}

function onBody(test: Test): FilterPolicy {
  return ({ message }) => {
    let body: unknown;
    try {
      body = JSON.parse(message);
    } catch {
      return "InvalidMessageBody";
    }
    if (!isObject(body)) return "InvalidMessageBody";
    const values = new Map<string, Leaf[]>();
    flatten(body, "", values);
    return test(values) ? "accepted" : "MessageBody";
  };
}

/** All keys must match; of a key's conditions, one. */
function compileObject(
  policy: Record<string, unknown>,
  path: string,
  depth: number,
  refuse: Refuse,
): Compiled {
  const tests: Test[] = [];
  let combinations = 1;
  for (const [key, value] of Object.entries(policy)) {
    const compiled = compileMember(key, value, path, depth, refuse);
    tests.push(compiled.test);
    combinations *= compiled.combinations;
  }
  return { test: (values) => tests.every((test) => test(values)), combinations };
}

function compileMember(
  key: string,
  value: unknown,
  path: string,
  depth: number,
  refuse: Refuse,
): Compiled {
  const name = path === "" ? key : `${path}.${key}`;
  if (isObject(value)) return compileObject(value, name, depth + 1, refuse);
  if (!Array.isArray(value)) return refuse(`"${key}" must be an object or an array`);
  if (value.length === 0) return refuse("Empty arrays are not allowed");
  // With a single alternative it is an ordinary key.
  if (key === "$or" && value.length > 1 && value.every((each) => isObject(each))) {
    const alternatives = value.map((each) => compileObject(each, path, depth, refuse));
    return {
      test: (values) => alternatives.some(({ test }) => test(values)),
      combinations: alternatives.reduce((sum, each) => sum + each.combinations, 0),
    };
  }
  const conditions: Condition[] = value.map((rule) => compileCondition(rule, refuse));
  return {
    test: (values) => conditions.some((condition) => condition(values.get(name))),
    combinations: value.length * depth,
  };
}

/** Attributes of the type Binary are not looked at. */
function valuesOf(attributes: MessageAttributes): Values {
  const values = new Map<string, readonly Leaf[]>();
  for (const [name, { DataType, StringValue }] of Object.entries(attributes)) {
    if (StringValue === undefined) continue;
    if (DataType === "String.Array") values.set(name, elementsOf(StringValue));
    else if (DataType.startsWith("Number")) values.set(name, [Number(StringValue)]);
    else values.set(name, [StringValue]);
  }
  return values;
}

/** One that is no array of plain values matches nothing. */
function elementsOf(json: string): readonly Leaf[] {
  try {
    const elements = JSON.parse(json) as unknown;
    return Array.isArray(elements) ? (elements as Leaf[]) : [];
  } catch {
    return [];
  }
}

function flatten(value: unknown, path: string, values: Map<string, Leaf[]>): void {
  if (Array.isArray(value)) {
    for (const each of value) flatten(each, path, values);
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      flatten(member, path === "" ? key : `${path}.${key}`, values);
    }
  } else {
    const known = values.get(path);
    if (known) known.push(value as Leaf);
    else values.set(path, [value as Leaf]);
  }
}

function parsed(json: string, refuse: Refuse): Record<string, unknown> {
  if (Buffer.byteLength(json) > POLICY_BYTES_MAX) return refuse("Filter policy is too large");
  let policy: unknown;
  try {
    policy = JSON.parse(json);
  } catch {
    return refuse("failed to parse JSON.");
  }
  if (!isObject(policy)) return refuse("Filter is not an object");
  return policy;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
