import { createHash } from "node:crypto";
import { uuidOf } from "../../kernel/random";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { PolicySource } from "../iam/policy";
import type { Operation, Service } from "../service";
import { Archive, type ArchiveSettings } from "./archive";
import { archiveOperations } from "./archive-operations";
import { busNameOf, DEFAULT_BUS } from "./bus-name";
import type { UndeliveredEvent } from "./delivery";
import { envelopeOf, type EventContent } from "./envelope";
import { busDoesNotExist, validation } from "./errors";
import { EventBus } from "./event-bus";
import { eventOperations } from "./event-operations";
import { Replay } from "./replay";
import { replayOperations } from "./replay-operations";
import { Rule, type RuleSettings } from "./rule";
import { ruleOperations } from "./rule-operations";
import { targetOperations } from "./target-operations";

export { eventBridgeResources } from "./resources";
export type { UndeliveredEvent } from "./delivery";

/** Bytes that one billed event holds. Source: Amazon EventBridge pricing. */
const BILLED_CHUNK_BYTES = 65_536;

/** Amazon EventBridge: event buses, their rules, targets and archives. */
export class EventBridge implements Service {
  readonly serviceId = "EventBridge";
  readonly operations: Readonly<Record<string, Operation>>;
  /** By name. */
  readonly archives = new Map<string, Archive>();
  /** By name. */
  readonly replays = new Map<string, Replay>();
  /** Events that a target never got, in the order of giving up. */
  readonly undelivered: UndeliveredEvent[] = [];
  readonly #buses = new Map<string, EventBus>();
  /** How often the same event was put. */
  readonly #occurrences = new Map<string, number>();
  #listening = false;

  constructor(readonly account: Account) {
    this.createBus(DEFAULT_BUS);
    this.operations = {
      ...eventOperations(this),
      ...ruleOperations(this),
      ...targetOperations(this),
      ...archiveOperations(this),
      ...replayOperations(this),
    };
  }

  /** The names that the rules of all buses have in the program. */
  get ruleNames(): string[] {
    return [...this.#buses.values()].flatMap(({ rules }) =>
      [...rules.values()].map(({ settings }) => settings.logicalName),
    );
  }

  /**
   * Puts an event on a bus for another service of the account.
   *
   * @param busNameOrArn the default bus if empty
   * @throws ResourceNotFoundException if there is no such bus
   */
  receive(busNameOrArn: string, content: EventContent): void {
    const bus = this.bus(busNameOrArn);
    const detail = JSON.stringify(content.detail);
    this.meter(Buffer.byteLength(detail));
    const id = this.nextEventId(bus.name, content, detail);
    bus.receive(envelopeOf(this.account, id, content));
  }

  /** An id that depends on what the event says and on how often that came: the same under every strategy. */
  nextEventId(busName: string, { detailType, source }: EventContent, detail: string): string {
    const content = createHash("sha256")
      .update(`${busName}\n${source}\n${detailType}\n${detail}`)
      .digest("hex");
    const occurrence = (this.#occurrences.get(content) ?? 0) + 1;
    this.#occurrences.set(content, occurrence);
    return uuidOf(`${this.account.random.seed} event ${content} ${occurrence}`);
  }

  /** Counts one event, in the chunks that AWS bills. */
  meter(bytes: number): void {
    const chunks = Math.max(1, Math.ceil(bytes / BILLED_CHUNK_BYTES));
    this.account.usage.add("eventbridge.events", chunks);
  }

  /** By name or ARN. @throws ResourceNotFoundException */
  bus(nameOrArn: string | undefined): EventBus {
    const bus = this.findBus(nameOrArn);
    if (bus) return bus;
    throw busDoesNotExist(busNameOf(nameOrArn));
  }

  findBus(nameOrArn: string | undefined): EventBus | undefined {
    const bus = this.#buses.get(busNameOf(nameOrArn));
    return !nameOrArn?.startsWith("arn:") || bus?.arn === nameOrArn ? bus : undefined;
  }

  buses(): EventBus[] {
    return [...this.#buses.values()];
  }

  busArn(nameOrArn: string | undefined): string {
    if (nameOrArn?.startsWith("arn:")) return nameOrArn;
    return this.#arn(`event-bus/${nameOrArn ?? DEFAULT_BUS}`);
  }

  ruleArn(name: string, busNameOrArn: string | undefined): string {
    const bus = busNameOf(busNameOrArn);
    return this.#arn(bus === DEFAULT_BUS ? `rule/${name}` : `rule/${bus}/${name}`);
  }

  archiveArn(name: string): string {
    return this.#arn(`archive/${name}`);
  }

  replayArn(name: string): string {
    return this.#arn(`replay/${name}`);
  }

  /** @throws ResourceAlreadyExistsException */
  createBus(name: string, description?: string): void {
    if (this.#buses.has(name)) throw alreadyExists(`Event bus ${name}`);
    this.#buses.set(name, new EventBus(name, this.busArn(name), this.account, description));
  }

  /** @throws ValidationException while it has rules */
  deleteBus(name: string): void {
    const bus = this.#buses.get(name);
    if (bus && bus.rules.size > 0) {
      throw validation("Event bus can't be deleted since it has rules.");
    }
    this.#buses.delete(name);
    if (bus) this.account.services.iam.putResourcePolicy(bus.arn, undefined);
  }

  /**
   * The policy of a bus; `undefined` removes it.
   *
   * @throws ResourceNotFoundException if there is no bus to give it to
   */
  putPolicy(busNameOrArn: string, policy: PolicySource | undefined): void {
    // A bus that has gone took its policy with it.
    if (policy === undefined && !this.findBus(busNameOrArn)) return;
    const bus = this.bus(busNameOrArn);
    this.account.services.iam.putResourcePolicy(bus.arn, policy);
    bus.policy = typeof policy === "object" ? JSON.stringify(policy) : policy;
  }

  /** @throws ResourceAlreadyExistsException, ResourceNotFoundException, InvalidEventPatternException */
  createRule(settings: RuleSettings): void {
    const { rules } = this.bus(settings.busName);
    if (rules.has(settings.name)) throw alreadyExists(`Rule ${settings.name}`);
    if (settings.schedule) this.#listen();
    rules.set(settings.name, new Rule(settings, this.account));
  }

  updateRule(settings: RuleSettings): void {
    if (settings.schedule) this.#listen();
    this.rule(settings.name, settings.busName).update(settings);
  }

  /** @throws ValidationException while it has targets, unless forced */
  deleteRule(name: string, busNameOrArn: string | undefined, force = false): void {
    const rules = this.findBus(busNameOrArn)?.rules;
    const rule = rules?.get(name);
    if (rule && rule.targets.size > 0 && !force) {
      throw validation("Rule can't be deleted since it has targets.");
    }
    rule?.delete();
    rules?.delete(name);
  }

  /** @throws ResourceNotFoundException */
  rule(name: string, busNameOrArn: string | undefined): Rule {
    const bus = this.bus(busNameOrArn);
    const rule = bus.rules.get(name);
    if (rule) return rule;
    throw new ServiceError(
      "ResourceNotFoundException",
      `Rule ${name} does not exist on EventBus ${bus.name}.`,
    );
  }

  /** @throws ResourceAlreadyExistsException, ResourceNotFoundException, InvalidEventPatternException */
  createArchive(settings: ArchiveSettings): void {
    if (this.archives.has(settings.name)) throw alreadyExists(`Archive ${settings.name}`);
    const bus = this.bus(settings.busArn);
    const archive = new Archive(settings, this.account);
    this.archives.set(settings.name, archive);
    bus.archives.set(settings.name, archive);
  }

  deleteArchive(name: string): void {
    const archive = this.archives.get(name);
    if (archive) this.findBus(archive.settings.busArn)?.archives.delete(name);
    this.archives.delete(name);
  }

  /** @throws ResourceNotFoundException */
  archive(name: string): Archive {
    const archive = this.archives.get(name);
    if (archive) return archive;
    throw new ServiceError("ResourceNotFoundException", `Archive ${name} does not exist.`);
  }

  /** Adds the runs that sleeping schedules have left out so far to what was used. */
  accountForSkipped(): void {
    for (const rule of this.#rules()) rule.schedule?.accountForSkipped();
  }

  remaining(): string[] {
    const buses = [...this.#buses.keys()].filter((name) => name !== DEFAULT_BUS);
    return [
      ...buses.map((name) => `aws:cloudwatch/eventBus:EventBus ${name}`),
      ...this.#rules().map(({ settings: { busName, name } }) => {
        const id = busName === DEFAULT_BUS ? name : `${busName}/${name}`;
        return `aws:cloudwatch/eventRule:EventRule ${id}`;
      }),
      ...[...this.archives.keys()].map(
        (name) => `aws:cloudwatch/eventArchive:EventArchive ${name}`,
      ),
    ];
  }

  unsettled(): string[] {
    return this.#rules().flatMap((rule) => rule.schedule?.unsettled() ?? []);
  }

  #rules(): Rule[] {
    return this.buses().flatMap(({ rules }) => [...rules.values()]);
  }

  #arn(resource: string): string {
    return `arn:aws:events:${this.account.region}:${this.account.accountId}:${resource}`;
  }

  /** Whatever is stored anywhere may be what a sleeping schedule would find. */
  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    const { dynamodb, s3, sqs } = this.account.services;
    const written = (): void => {
      for (const { rules } of this.#buses.values()) {
        for (const rule of rules.values()) rule.schedule?.written();
      }
    };
    dynamodb.onWrite(written);
    s3.onWrite(written);
    sqs.onWrite(written);
  }
}

const alreadyExists = (what: string): ServiceError =>
  new ServiceError("ResourceAlreadyExistsException", `${what} already exists.`);
