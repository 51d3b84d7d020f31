import type { z } from "zod";
import type { Account } from "./account";

/** Who makes a call. */
export interface Caller {
  /** `administrator` may do everything; a `role` what its policies allow. */
  readonly kind: "administrator" | "role";
  /** The ARN of the role, or of the administrator. */
  readonly arn: string;
  /** The invocation on whose behalf the call is made, where there is one. */
  readonly requestId?: string;
}

/** One API call, as its service sees it. */
export interface Call {
  readonly caller: Caller;
  /** `dynamodb:UpdateItem`. */
  readonly operation: string;
  /** Ends the call later: for operations that answer `PENDING`. */
  succeed(output: object): void;
  fail(error: Error): void;
}

/** Answered by an operation that will end its call by itself, through `succeed` or `fail`. */
export const PENDING = Symbol("pending");

/** What the caller must be allowed to do for a call. */
export interface RequiredPermission {
  /** `dynamodb:UpdateItem`. */
  readonly action: string;
  /** The ARN acted on. */
  readonly resource: string;
  /** Condition keys of this request, for instance `events:source`. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * One API operation. `input` is what the SDK command was given (blobs are `Uint8Array`s, timestamps
 * `Date`s), already copied; the output is what the SDK would hand out, without `$metadata`.
 */
export interface Operation {
  /** The permissions that the call needs, from its input. Refusals name the first one missing. */
  permissions(input: never, account: Account): readonly RequiredPermission[];
  /**
   * Called when the request arrives; throws to refuse it. Answers for how many milliseconds the
   * service works before the call takes effect (default: none).
   */
  begin?(input: never, call: Call): number;
  /** The effect, at one instant. Throws a `ServiceError` to refuse. */
  execute(input: never, call: Call): object | typeof PENDING;
}

/** A service of the account: its API and the Pulumi resource types it owns. */
export interface Service {
  /** As the SDK client calls itself (`client.config.serviceId`): `DynamoDB`, `SQS`, … */
  readonly serviceId: string;
  readonly operations: Readonly<Record<string, Operation>>;
  /** What is still there: `<Pulumi type> <id>`, for `destroy`, and things made outside the program. */
  remaining(): string[];
  /** Work that is waiting without an event scheduled for it, for `settle`: one line each. */
  unsettled(): string[];
}

/** What identifies a resource before it exists. Everything here depends on the program alone. */
export interface ResourceIdentity {
  readonly urn: string;
  /** `aws:kinesis/stream:Stream`. */
  readonly type: string;
  /** The name in the program, the *logical* name. */
  readonly name: string;
  /** Seven hex digits, stable per URN: what Pulumi's autonaming appends. */
  readonly suffix: string;
  /** A UUID, stable per URN. */
  readonly uuid: string;
  readonly accountId: string;
  readonly region: string;
}

/** A resource with everything known about it. */
export interface Resource<Inputs = Record<string, unknown>> extends ResourceIdentity {
  /** Validated inputs, physical names and defaults filled in. */
  readonly inputs: Inputs;
  readonly id: string;
  /** Output properties, inputs included: what the program reads. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * A Pulumi resource type that the account models. Definitions are pure: one deployment is planned once
 * and started in many accounts.
 */
export interface ResourceDefinition<Inputs = never> {
  readonly type: string;
  /**
   * The properties modelled, with their ranges (Pulumi's camelCase names; a strict object: anything
   * else is refused by name). What changes nothing here is wrapped in `harmless`.
   */
  readonly schema: z.ZodType;
  /** The property that autonaming fills (`name`, `bucket`), if the type has a physical name. */
  readonly nameProperty?: string;
  /** Properties (top level) whose change replaces the resource. */
  readonly replaceOn: readonly string[];
  /**
   * Whether another resource must be there first although nothing in the inputs names it: what programs say with
   * `dependsOn`, which only the engine is told.
   */
  follows?(resource: Resource<Inputs>, other: Resource): boolean;
  /**
   * Id and output properties from validated inputs. Pure.
   *
   * @param previous what is deployed under the same URN, refreshed; absent before the first deployment
   */
  plan(
    inputs: Inputs,
    identity: ResourceIdentity,
    previous?: Resource<Inputs>,
  ): { id: string; outputs: Record<string, unknown> };
  /** Makes the resource in an account. Throws a `ServiceError` as AWS would. */
  create(resource: Resource<Inputs>, account: Account): void;
  /** Changes it in place. */
  update(resource: Resource<Inputs>, previous: Resource<Inputs>, account: Account): void;
  delete(resource: Resource<Inputs>, account: Account): void;
  /** Whether it is still there. For what API calls can delete. @default it is */
  exists?(resource: Resource<Inputs>, account: Account): boolean;
  /** What API calls have made of it since, where the next plan depends on that. */
  refresh?(resource: Resource<Inputs>, account: Account): Resource;
}

/** A provider function, `aws:index/getRegion:getRegion`. */
export interface InvokeDefinition {
  readonly token: string;
  invoke(args: Record<string, unknown>, environment: { accountId: string; region: string }): object;
}
