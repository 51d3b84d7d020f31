import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Operation, Service } from "../service";

export { cloudWatchResources } from "./resources";

/** Bytes that CloudWatch adds to each line when it bills. Source: PutLogEvents. */
const LINE_OVERHEAD_BYTES = 26;

interface LogGroup {
  /** Lines by log stream, oldest first. */
  readonly streams: Map<string, string[]>;
}

/** Log groups, and counters where AWS has metrics. */
export class CloudWatch implements Service {
  readonly serviceId = "CloudWatch";
  /** Neither metrics nor logs can be read through an SDK client. */
  readonly operations: Readonly<Record<string, Operation>> = {};
  readonly #groups = new Map<string, LogGroup>();
  readonly #others = new Set<string>();
  readonly #counters = new Map<string, number>();

  constructor(private readonly account: Account) {}

  /** @throws ResourceAlreadyExistsException */
  createLogGroup(name: string): void {
    if (this.#groups.has(name)) {
      throw new ServiceError(
        "ResourceAlreadyExistsException",
        `The specified log group already exists: ${name}`,
      );
    }
    this.#groups.set(name, { streams: new Map() });
  }

  deleteLogGroup(name: string): void {
    this.#groups.delete(name);
  }

  /** The lines of a log group, by log stream; `undefined` if there is no such group. */
  logs(groupName: string): ReadonlyMap<string, readonly string[]> | undefined {
    return this.#groups.get(groupName)?.streams;
  }

  /**
   * Writes lines for a role, as Lambda does. A group that is missing is made if the role may make one, and
   * then belongs to nobody; without the permissions, lines are lost in silence, as on AWS.
   */
  writeLogs(groupName: string, stream: string, lines: readonly string[], callerArn: string): void {
    const { iam } = this.account.services;
    const { accountId, region } = this.account;
    const groupArn = `arn:aws:logs:${region}:${accountId}:log-group:${groupName}`;
    // Actions on groups are authorised on this form, which is why policies end in `:*`.
    const onGroup = `${groupArn}:log-stream:`;
    let group = this.#groups.get(groupName);
    if (!group && !iam.allows(callerArn, "logs:CreateLogGroup", onGroup)) return;
    if (!group) this.#groups.set(groupName, (group = { streams: new Map() }));
    let written = group.streams.get(stream);
    if (!written && !iam.allows(callerArn, "logs:CreateLogStream", onGroup)) return;
    if (!iam.allows(callerArn, "logs:PutLogEvents", onGroup + stream)) return;
    if (!written) group.streams.set(stream, (written = []));
    let bytes = 0;
    for (const line of lines) {
      bytes += Buffer.byteLength(line) + LINE_OVERHEAD_BYTES;
      written.push(line);
    }
    if (bytes > 0) this.account.usage.add("logs.bytes", bytes);
  }

  /** Adds to a metric, for instance `count("DestinationDeliveryFailures", functionName)`. */
  count(metric: string, dimension: string, quantity = 1): void {
    const key = `${metric} ${dimension}`;
    this.#counters.set(key, (this.#counters.get(key) ?? 0) + quantity);
  }

  /** The sum of a metric since the account began; 0 if nothing was counted. */
  counter(metric: string, dimension: string): number {
    return this.#counters.get(`${metric} ${dimension}`) ?? 0;
  }

  /** `<metric> <dimension>` → sum, sorted. */
  counters(): Record<string, number> {
    return Object.fromEntries([...this.#counters].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Keeps account of what exists without doing anything: alarms and dashboards. */
  addInert(line: string): void {
    this.#others.add(line);
  }

  removeInert(line: string): void {
    this.#others.delete(line);
  }

  remaining(): string[] {
    const groups = [...this.#groups.keys()].map(
      (name) => `aws:cloudwatch/logGroup:LogGroup ${name}`,
    );
    return [...groups, ...this.#others];
  }

  unsettled(): string[] {
    return [];
  }
}
