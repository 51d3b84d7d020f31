import { isDeepStrictEqual } from "node:util";
import type { SimulatedAccount } from "../../account";
import type { Resource, ResourceDefinition } from "../../services/service";
import { identify, validate, WAY_OUT, withName, type InputProblem } from "../plan";
import type { Catalogue } from "../synthesize";
import { DeploymentFailures, type DeploymentFailure } from "./failures";
import {
  hasUnknown,
  valueOn,
  withArchiveHashes,
  withArchivesOf,
  withArtifacts,
  type Properties,
} from "./values";

/** A resource as requests of the engine name it. */
export interface Subject {
  /** With the types of all its parents: `urn:pulumi:dev::redrive::a:B$aws:sqs/queue:Queue::orders`. */
  readonly urn: string;
  /** Absent before it is there. */
  readonly id?: string;
}

export interface State {
  readonly id: string;
  readonly properties: Properties;
}

export interface PropertyChange {
  readonly property: string;
  readonly kind: "add" | "delete" | "update";
  readonly replaces: boolean;
}

export interface Difference {
  readonly changes: readonly PropertyChange[];
  readonly deleteBeforeReplace: boolean;
}

/** A resource that was made, but not to the end. The engine keeps it, and updates it next time. */
export class PartlyCreated extends Error {
  constructor(
    readonly state: State,
    reason: string,
  ) {
    super(reason);
  }
}

/** The inputs that this provider chose, as Pulumi's providers say it: `__defaults: ["name"]`. */
const DEFAULTS = "__defaults";

/**
 * What the Pulumi engine asks of a provider, answered by a simulated account: each resource is checked, compared,
 * made, read, changed and deleted by itself, in the order that the engine chooses. Nothing here takes virtual time.
 */
export class AccountProvider {
  readonly #definitions: ReadonlyMap<string, ResourceDefinition>;
  readonly #failures: DeploymentFailures;

  constructor(
    private readonly account: SimulatedAccount,
    private readonly catalogue: Catalogue,
    failures: readonly DeploymentFailure[],
  ) {
    this.#definitions = new Map(catalogue.resources.map((each) => [each.type, each]));
    this.#failures = new DeploymentFailures(failures);
  }

  /** Fills in the physical name, and says everything that is wrong. What is not known yet, is not judged. */
  check(subject: Subject, news: Properties, olds?: Properties): CheckedInputs {
    const { type } = parseUrn(subject.urn);
    const definition = this.#definitions.get(type);
    if (!definition) {
      const reason = `the simulated account does not model the resource type ${type}. ${WAY_OUT}`;
      return { inputs: news, problems: [{ path: "", reason }] };
    }
    const inputs = this.#withDefaults(subject, definition, news, olds);
    const { problems } = validate(withArchiveHashes(withoutDefaults(inputs)), definition);
    const found = problems.filter(({ path }) => !hasUnknown(valueOn(inputs, path)));
    return { inputs, problems: found };
  }

  diff(subject: Subject, oldInputs: Properties, news: Properties): Difference {
    const definition = this.#definition(subject);
    const [before, after] = comparable(definition, oldInputs, news);
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    const changes = names
      .filter((name) => !isDeepStrictEqual(before[name], after[name]))
      .map((property): PropertyChange => {
        const kind =
          before[property] === undefined
            ? "add"
            : after[property] === undefined
              ? "delete"
              : "update";
        return { property, kind, replaces: definition.replaceOn.includes(property) };
      });
    return { changes, deleteBeforeReplace: keepsItsName(definition, oldInputs, news) };
  }

  /** @throws PartlyCreated */
  async create(subject: Subject, inputs: Properties, isPreview: boolean): Promise<State> {
    // Whatever AWS chooses is not known before the resource is there.
    if (isPreview) return { id: "", properties: withoutDefaults(inputs) };
    const next = await this.#planned(subject, inputs);
    const failure = this.#failures.take("create", next.name);
    if (failure?.took === "nothing") throw new Error(failure.message);
    this.account.makeChange({ kind: "create", next });
    const state = stateOf(next, inputs);
    if (failure) throw new PartlyCreated(state, failure.message);
    return state;
  }

  async update(subject: Subject, inputs: Properties, isPreview: boolean): Promise<State> {
    const previous = this.#deployed(subject);
    if (isPreview && hasUnknown(inputs)) {
      const properties = { ...previous.outputs, ...withoutDefaults(inputs) };
      return { id: previous.id, properties: withArchivesOf(inputs, properties) };
    }
    const next = await this.#planned(subject, inputs, previous);
    if (isPreview) return stateOf(next, inputs);
    const failure = this.#failures.take("update", next.name);
    if (failure?.took === "nothing") throw new Error(failure.message);
    this.account.makeChange({ kind: "update", next, previous });
    const state = stateOf(next, inputs);
    if (failure) throw new PartlyCreated(state, failure.message);
    return state;
  }

  /** What is there now; nothing if it has gone. `inputs` are what the engine believes. */
  read(subject: Subject, inputs: Properties): (State & { inputs: Properties }) | undefined {
    const known = this.#find(subject);
    if (!known) return undefined;
    if (!this.#isThere(known)) {
      this.account.forget(known);
      return undefined;
    }
    const resource = this.account.refresh(known);
    const asSent = Object.keys(inputs).length > 0 ? inputs : resource.inputs;
    return { ...stateOf(resource, asSent), inputs: asSent };
  }

  delete(subject: Subject): void {
    const previous = this.#find(subject);
    // Gone already, which is what is wanted.
    if (!previous) return;
    if (!this.#isThere(previous)) {
      this.account.forget(previous);
      return;
    }
    const failure = this.#failures.take("delete", previous.name);
    if (failure?.took === "nothing") throw new Error(failure.message);
    this.account.makeChange({ kind: "delete", previous });
    if (failure) throw new Error(failure.message);
  }

  invoke(token: string, args: Properties): object {
    const definition = this.catalogue.invokes.find((each) => each.token === token);
    if (definition) return definition.invoke({ ...args }, this.account);
    throw new Error(`${token}: the simulated account does not model this function.`);
  }

  /** @throws an `Error` if a provider is configured for a region that the account is not in */
  configure({ region }: Properties): void {
    if (region === undefined || region === this.account.region) return;
    throw new Error(
      `The simulated account is in ${this.account.region}, and the provider is configured for ${JSON.stringify(region)}: ` +
        `run \`pulumi config set aws:region ${this.account.region}\`.`,
    );
  }

  /** As the engine's own naming has it: a name stays as long as the program chooses none. */
  #withDefaults(
    subject: Subject,
    definition: ResourceDefinition,
    news: Properties,
    olds: Properties | undefined,
  ): Record<string, unknown> {
    const property = definition.nameProperty;
    if (!property || news[property] !== undefined) return { ...news };
    const wasChosenHere = asArray(olds?.[DEFAULTS]).includes(property);
    // These say how a name begins and ends.
    const shaping = [`${property}Prefix`, "fifoQueue", "fifoTopic"];
    const keeps =
      wasChosenHere && shaping.every((name) => isDeepStrictEqual(olds?.[name], news[name]));
    const named = keeps
      ? { ...news, [property]: olds![property] }
      : withName({ ...news }, definition, this.#nextIdentity(subject));
    return { ...named, [DEFAULTS]: [property] };
  }

  async #planned(subject: Subject, inputs: Properties, previous?: Resource): Promise<Resource> {
    const definition = this.#definition(subject);
    const given = await withArtifacts(withoutDefaults(inputs));
    const { inputs: validated, problems } = validate(given, definition);
    if (!validated) throw new Error(problems.map(({ reason }) => reason).join("\n"));
    const { urn, type, name, suffix, uuid, accountId, region } =
      previous ?? this.#nextIdentity(subject);
    const identity = { urn, type, name, suffix, uuid, accountId, region };
    const deployed = previous && this.account.refresh(previous);
    return {
      ...identity,
      inputs: validated,
      ...definition.plan(validated as never, identity, deployed as never),
    };
  }

  /** Of a further resource of this name: as in the program, or after all that were there before. */
  #nextIdentity(subject: Subject): ReturnType<typeof identify> {
    const named = parseUrn(subject.urn);
    for (let generation = 0; ; generation += 1) {
      const identity = identify(named, this.account, generation);
      const isTaken = this.account.resources.some(({ uuid }) => uuid === identity.uuid);
      if (!isTaken) return identity;
    }
  }

  #find({ id, urn }: Subject): Resource | undefined {
    const { type } = parseUrn(urn);
    return this.account.resources.find((resource) => resource.type === type && resource.id === id);
  }

  #deployed(subject: Subject): Resource {
    const resource = this.#find(subject);
    if (resource && this.#isThere(resource)) return resource;
    throw new Error(
      `${subject.id} is not in this simulated account, which forgets everything when it ends, or it was deleted ` +
        "by hand: run `pulumi refresh`, and then again what you did.",
    );
  }

  /** Some resources can be deleted by API calls, and take with them what belongs to them. */
  #isThere(resource: Resource): boolean {
    return this.#definition(resource).exists?.(resource as never, this.account) ?? true;
  }

  #definition(subject: Subject): ResourceDefinition {
    const { type } = parseUrn(subject.urn);
    const definition = this.#definitions.get(type);
    if (!definition) throw new Error(`${type} is not modelled by the simulated account`);
    return definition;
  }
}

export interface CheckedInputs {
  readonly inputs: Properties;
  readonly problems: readonly InputProblem[];
}

/** The URN without the types of its parents: what the account knows a resource by. */
function parseUrn(urn: string): Pick<Resource, "urn" | "type" | "name"> {
  const [urnPrefix, project, types, ...name] = urn.slice("urn:pulumi:".length).split("::");
  const type = types!.split("$").at(-1)!;
  const ownName = name.join("::");
  return { urn: `urn:pulumi:${urnPrefix}::${project}::${type}::${ownName}`, type, name: ownName };
}

/** Validated where both can be, so that a default that is spelt out is no change. */
function comparable(
  definition: ResourceDefinition,
  ...each: [Properties, Properties]
): readonly [Properties, Properties] {
  const plain: Properties[] = each.map((inputs) => withArchiveHashes(withoutDefaults(inputs)));
  const validated = plain.map((inputs) => validate(inputs, definition).inputs);
  const [before, after] = validated.includes(undefined) ? plain : validated;
  return [before!, after!];
}

/** A name that the program chose cannot be given to two at a time. */
function keepsItsName(
  { nameProperty }: ResourceDefinition,
  olds: Properties,
  news: Properties,
): boolean {
  if (!nameProperty || asArray(news[DEFAULTS]).includes(nameProperty)) return false;
  return news[nameProperty] !== undefined && news[nameProperty] === olds[nameProperty];
}

function stateOf({ id, outputs }: Resource, inputs: Properties): State {
  return { id, properties: withArchivesOf(inputs, outputs) };
}

function withoutDefaults(inputs: Properties): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => name !== DEFAULTS));
}

const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
