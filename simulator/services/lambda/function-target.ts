import type { Account } from "../account";
import type { Alias } from "./alias";
import type { LambdaFunction } from "./function";
import { keyOf, LATEST } from "./function-name";
import type { FunctionVersion } from "./function-version";
import type { Invocation, InvokeRequest } from "./invocation";
import type { FunctionSettings } from "./running-invocation";

/** What a function's name or ARN means: the function, one of its versions, or an alias. */
export class FunctionTarget {
  /** As it was invoked: qualified if the name was. */
  readonly arn: string;
  /** Tells which settings and policies are this target's own. */
  readonly key: string;

  constructor(
    readonly fn: LambdaFunction,
    private readonly qualifier: string | undefined,
    private readonly named: FunctionVersion | Alias,
  ) {
    const { arn, functionName: name } = fn.settings;
    this.arn = qualifier === undefined ? arn : `${arn}:${qualifier}`;
    this.key = keyOf(qualifier === undefined ? { name } : { name, qualifier });
  }

  /** With a qualifier in any case: `$LATEST` is spelled out. */
  get qualifiedArn(): string {
    return this.qualifier === undefined ? `${this.arn}:${LATEST}` : this.arn;
  }

  /** Of an alias with two versions, those of the first: role and dead-letter queue are the same. */
  get settings(): FunctionSettings {
    return this.#first.settings;
  }

  /** Of the function, whatever the qualifier. */
  get invocations(): readonly Invocation[] {
    return this.fn.invocations;
  }

  /** The version that an invocation goes to. */
  route(request: InvokeRequest, account: Account): FunctionVersion {
    if (!("route" in this.named)) return this.named;
    const version = this.named.route(request, this.fn.settings.logicalName, account);
    return this.fn.version(version)!;
  }

  get #first(): FunctionVersion {
    if (!("route" in this.named)) return this.named;
    return this.fn.version(this.named.settings.functionVersion)!;
  }
}
