import type { z } from "zod";
import { hash32, uuidOf } from "../kernel/random";
import type { Resource, ResourceDefinition, ResourceIdentity } from "../services/service";
import type { Target } from "./target";

/** A resource as the program registered it. */
export interface Registration {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  /** The id of a resource that the program only reads (`Resource.get`). */
  readonly readId?: string;
}

export interface Checked {
  readonly resource?: Resource;
  /** Of a resource with problems, where they can be told: so that what depends on it is judged for itself. */
  readonly outputs?: Record<string, unknown>;
  /** Every problem, each naming the resource and the property. */
  readonly problems: readonly string[];
}

/** What to do about what is not modelled. */
export const WAY_OUT = "Leave it out here, or test it on a deployed stack.";

/** Something that a registration has and the account does not model, or AWS would refuse. */
export interface InputProblem {
  /** The property's path, `filterCriteria.filters.0.pattern`; empty if it is about the whole. */
  readonly path: string;
  readonly reason: string;
}

/** Checks what a program registered against what the account models, and plans its ids and outputs. */
export class Planner {
  readonly #definitions: ReadonlyMap<string, ResourceDefinition>;

  constructor(
    definitions: readonly ResourceDefinition[],
    private readonly target: Target,
    /** What is deployed, refreshed. */
    private readonly deployed: readonly Resource[] = [],
  ) {
    this.#definitions = new Map(definitions.map((definition) => [definition.type, definition]));
  }

  definition(type: string): ResourceDefinition | undefined {
    return this.#definitions.get(type);
  }

  check(registration: Registration): Checked {
    const definition = this.#definitions.get(registration.type);
    const where = `${registration.name} (${registration.type})`;
    if (!definition) {
      const reason = "the simulated account does not model this resource type.";
      return { problems: [`${where}: ${reason} ${WAY_OUT}`] };
    }
    if (registration.readId !== undefined) {
      return { problems: [`${where}: resources made outside the program cannot be read here.`] };
    }
    const identity = this.#identify(registration);
    const named = withName(registration.inputs, definition, identity);
    const { inputs, problems } = validate(named, definition);
    if (!inputs) {
      const lines = problems.map(({ reason }) => `${where}: ${reason}`);
      return { problems: lines, outputs: outputsAnyway(definition, named, identity) };
    }
    const previous = this.deployed.find(({ urn }) => urn === identity.urn);
    const planned = definition.plan(inputs as never, identity, previous as never);
    return { resource: { ...identity, inputs, ...planned }, problems: [] };
  }

  #identify({ urn, type, name }: Registration): ResourceIdentity {
    return identify({ urn, type, name }, this.target);
  }
}

/**
 * What identifies a resource before it exists.
 *
 * @param generation 0, or how many of the same URN came before it: one that replaces another lives beside it for a
 *   while, and must not have its names
 */
export function identify(
  { urn, type, name }: Pick<ResourceIdentity, "urn" | "type" | "name">,
  { accountId, region }: Pick<Target, "accountId" | "region">,
  generation = 0,
): ResourceIdentity {
  const origin = generation === 0 ? urn : `${urn}#${generation}`;
  const suffix = hash32(origin).toString(16).padStart(8, "0").slice(0, 7);
  return { urn, type, name, suffix, uuid: uuidOf(origin), accountId, region };
}

/** Inputs as the definition wants them, defaults filled in; or everything that is wrong with them. */
export function validate(
  inputs: Record<string, unknown>,
  { schema }: ResourceDefinition,
): { readonly inputs?: Record<string, unknown>; readonly problems: readonly InputProblem[] } {
  const parsed = schema.safeParse(inputs);
  if (parsed.success) return { inputs: parsed.data as Record<string, unknown>, problems: [] };
  return { problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, inputs)) };
}

function outputsAnyway(
  definition: ResourceDefinition,
  inputs: Record<string, unknown>,
  identity: ResourceIdentity,
): Record<string, unknown> | undefined {
  try {
    const { id, outputs } = definition.plan(inputs as never, identity);
    return { ...outputs, id };
  } catch {
    // Nothing can be planned from inputs like these.
    return undefined;
  }
}

/** Pulumi's autonaming: the name in the program, a hyphen and seven hex digits. */
export function withName(
  inputs: Record<string, unknown>,
  { nameProperty }: ResourceDefinition,
  { name, suffix }: ResourceIdentity,
): Record<string, unknown> {
  if (!nameProperty || inputs[nameProperty] !== undefined) return inputs;
  const prefix = inputs[`${nameProperty}Prefix`];
  const ending = inputs.fifoQueue === true || inputs.fifoTopic === true ? ".fifo" : "";
  const stem = typeof prefix === "string" ? prefix : `${name}-`;
  return { ...inputs, [nameProperty]: `${stem}${suffix}${ending}` };
}

function problemsOf(issue: z.core.$ZodIssue, inputs: unknown): InputProblem[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const property = path ? `${path}.${key}` : key;
      const reason = `the simulated account does not model the property ${property}. ` + WAY_OUT;
      return { path: property, reason };
    });
  }
  const text = JSON.stringify(valueAt(inputs, issue.path)) ?? "nothing";
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return [{ path, reason: `${path}: ${issue.message} (got ${shown})` }];
}

function valueAt(inputs: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    inputs,
  );
}
