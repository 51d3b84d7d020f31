import { Refusal } from "../../compare/failure";
import type { SimulatedAws } from "../../simulator";

export type Deployed = SimulatedAws["resources"][number];

/** Pulumi types by the word that commands have for them. */
export const TYPES = {
  stream: "aws:kinesis/stream:Stream",
  queue: "aws:sqs/queue:Queue",
  bus: "aws:cloudwatch/eventBus:EventBus",
  table: "aws:dynamodb/table:Table",
  function: "aws:lambda/function:Function",
} as const;

export type Kind = keyof typeof TYPES;

/** What a command is about, by its name in the program, its physical name, id or ARN. */
export interface Asked {
  readonly name: string;
  /** Where several stacks have one of that name. */
  readonly stack?: string;
}

/** `urn:pulumi:<stack>::<project>::<type>::<name>`. */
export function placeOf({ urn }: Deployed): { readonly stack: string; readonly project: string } {
  const [stack, project] = urn.slice("urn:pulumi:".length).split("::");
  return { stack: stack!, project: project! };
}

export function kindOf({ type }: Deployed): Kind | undefined {
  return (Object.keys(TYPES) as Kind[]).find((kind) => TYPES[kind] === type);
}

export function deployedOf(account: SimulatedAws, kind: Kind): Deployed[] {
  return account.resources.filter((resource) => kindOf(resource) === kind);
}

/** @throws Refusal that lists what there is, or the stacks to choose from */
export function find(account: SimulatedAws, kinds: readonly Kind[], asked: Asked): Deployed {
  const known = kinds.flatMap((kind) => deployedOf(account, kind));
  const { name, stack } = asked;
  const named = known.filter(({ id, name: ownName, outputs }) =>
    [ownName, id, outputs["name"], outputs["arn"]].includes(name),
  );
  const found = named.filter((each) => stack === undefined || placeOf(each).stack === stack);
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  const where = stack === undefined ? "" : ` in the stack ${stack}`;
  if (first === undefined) {
    const listed = known.map((each) => `  ${describe(each)}`).sort();
    const there = listed.length > 0 ? ` There is:\n${listed.join("\n")}` : " There is none.";
    throw new Refusal(
      `No ${kinds.join(", ").replace(/, (\w+)$/, " or $1")} is called ${name}${where}.${there}`,
    );
  }
  const choices = found.map((each) => `  ${describe(each)}`).join("\n");
  throw new Refusal(`Which ${name}? Say --stack, or its physical name:\n${choices}`);
}

/** What calls name it by; a queue's is its URL in calls, and its name for people. */
export function physicalNameOf({ id, outputs }: Deployed): string {
  const { name } = outputs;
  return typeof name === "string" ? name : id;
}

/** `orders (queue of dev: orders-1a2b3c4)`. */
function describe(resource: Deployed): string {
  const { stack } = placeOf(resource);
  return `${resource.name} (${kindOf(resource)} of ${stack}: ${physicalNameOf(resource)})`;
}
