import type {
  PutEventsCommandInput,
  PutEventsRequestEntry,
  PutEventsResultEntry,
  TestEventPatternCommandInput,
} from "@aws-sdk/client-eventbridge";
import type { Account } from "../account";
import { refuseUnmodelled } from "../request-input";
import type { Call, Operation, RequiredPermission } from "../service";
import { busNameOf } from "./bus-name";
import { envelopeOf, type EventContent } from "./envelope";
import { invalidParameter, validation } from "./errors";
import { compilePattern } from "./patterns/pattern";
import type { EventBridge } from "./service";

const ENTRIES_MAX = 10;
/** Since January 2026. Source: AWS's announcement of larger event payloads. */
const REQUEST_BYTES_MAX = 1_048_576;
/** What an entry's time counts for. Source: "Calculating PutEvents event entry size". */
const TIME_BYTES = 14;

const ENTRY_PARAMETERS = [
  ...["Time", "Source", "Resources", "DetailType", "Detail", "EventBusName", "TraceHeader"],
];

export function eventOperations(service: EventBridge): Readonly<Record<string, Operation>> {
  return {
    PutEvents: {
      permissions: ({ Entries = [] }: PutEventsCommandInput) => putPermissions(service, Entries),
      execute: (input: PutEventsCommandInput, call: Call) => putEvents(service, input, call),
    },
    TestEventPattern: {
      permissions: () => [{ action: "events:TestEventPattern", resource: "*" }],
      execute: testEventPattern,
    },
  };
}

/** One for each bus, with what is put on it. */
function putPermissions(
  service: EventBridge,
  entries: readonly PutEventsRequestEntry[],
): RequiredPermission[] {
  const buses = new Set(entries.map(({ EventBusName }) => service.busArn(EventBusName)));
  return [...buses].map((resource) => {
    const its = entries.filter(({ EventBusName }) => service.busArn(EventBusName) === resource);
    return {
      action: "events:PutEvents",
      resource,
      context: {
        "events:source": its.flatMap(({ Source }) => Source ?? []),
        "events:detail-type": its.flatMap(({ DetailType }) => DetailType ?? []),
      },
    };
  });
}

/** Each entry for itself: those that fail do not keep the others from the bus. */
function putEvents(service: EventBridge, input: PutEventsCommandInput, call: Call): object {
  refuseUnmodelled("EventBridge.PutEvents", input, ["Entries"]);
  const entries = input.Entries ?? [];
  for (const entry of entries) refuseUnmodelled("EventBridge.PutEvents", entry, ENTRY_PARAMETERS);
  checkRequest(entries);
  const functionName = callingFunction(service.account, call);
  const results = entries.map((entry) => putEvent(service, entry, functionName));
  const failed = results.filter(({ EventId }) => EventId === undefined);
  return { FailedEntryCount: failed.length, Entries: results };
}

function checkRequest(entries: readonly PutEventsRequestEntry[]): void {
  const constraint =
    entries.length === 0
      ? "greater than or equal to 1"
      : entries.length > ENTRIES_MAX && `less than or equal to ${ENTRIES_MAX}`;
  if (constraint) {
    const shown = `[${entries.map(describe).join(", ")}]`;
    throw validation(
      `1 validation error detected: Value '${shown}' at 'entries' failed to satisfy constraint: ` +
        `Member must have length ${constraint}`,
    );
  }
  const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (bytes > REQUEST_BYTES_MAX) {
    throw validation("Total size of the entries in the request is over the limit.");
  }
}

/** As AWS's own message shows an entry. */
function describe(entry: PutEventsRequestEntry): string {
  const members = {
    time: entry.Time?.toISOString(),
    source: entry.Source,
    resources: entry.Resources && `[${entry.Resources.join(", ")}]`,
    detailType: entry.DetailType,
    detail: entry.Detail,
    eventBusName: entry.EventBusName,
    traceHeader: entry.TraceHeader,
    kmsKeyIdentifier: undefined,
    internalMetadata: undefined,
  };
  const shown = Object.entries(members).map(([name, value]) => `${name}=${value ?? "null"}`);
  return `PutEventsRequestEntry(${shown.join(", ")})`;
}

/** Bytes of an entry, as AWS counts them. */
function sizeOf(entry: PutEventsRequestEntry): number {
  const texts = [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])];
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ""), 0);
  return bytes + (entry.Time ? TIME_BYTES : 0);
}

function putEvent(
  service: EventBridge,
  entry: PutEventsRequestEntry,
  functionName: string | undefined,
): PutEventsResultEntry {
  const content = contentOf(entry);
  if (!("detail" in content)) return content;
  const { account } = service;
  const busName = busNameOf(entry.EventBusName);
  if (functionName !== undefined) {
    const identity = `${busName}\n${content.source}\n${content.detailType}\n${entry.Detail}`;
    if (account.faults.failsEntry(functionName, identity, account.kernel.now)) {
      return failed("InternalFailure", "A fault of the plan (entries).");
    }
  }
  service.meter(sizeOf(entry));
  const EventId = service.nextEventId(busName, content, entry.Detail!);
  // A bus that does not exist loses what is put on it, in silence: recorded from AWS.
  service.findBus(entry.EventBusName)?.receive(envelopeOf(account, EventId, content));
  return { EventId };
}

/** What an entry says, or why it is refused. Messages are recorded from AWS. */
function contentOf(entry: PutEventsRequestEntry): EventContent | PutEventsResultEntry {
  const { Detail, DetailType, Resources, Source, Time } = entry;
  for (const [name, value] of Object.entries({ Source, DetailType, Detail })) {
    if (value) continue;
    const reason = `Reason: ${name} is a required argument.`;
    return failed("InvalidArgument", `Parameter ${name} is not valid. ${reason}`);
  }
  const detail = parseObject(Detail!);
  if (!detail) return failed("MalformedDetail", "Detail is malformed.");
  if (Source!.startsWith("aws.")) {
    return failed("NotAuthorizedForSourceException", "Not authorized for the source.");
  }
  return {
    source: Source!,
    detailType: DetailType!,
    detail,
    resources: Resources,
    atMs: Time?.getTime(),
  };
}

const failed = (ErrorCode: string, ErrorMessage: string): PutEventsResultEntry => ({
  ErrorCode,
  ErrorMessage,
});

function parseObject(json: string): object | undefined {
  try {
    const value = JSON.parse(json) as unknown;
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The name in the program of the function that makes a call; asked for only where a fault could strike. */
function callingFunction({ faults, services }: Account, { caller }: Call): string | undefined {
  const { requestId } = caller;
  if (!faults.hasEntryFaults || requestId === undefined) return undefined;
  const functions = services.lambda.functions();
  return functions.find((fn) => fn.effectsOf(requestId))?.settings.logicalName;
}

const EVENT_FIELDS = ["id", "detail-type", "source", "account", "time", "region", "resources"];

/** Source: TestEventPattern, whose events must have all fields of an envelope. */
function testEventPattern(input: TestEventPatternCommandInput): object {
  refuseUnmodelled("EventBridge.TestEventPattern", input, ["EventPattern", "Event"]);
  const event = parseObject(input.Event ?? "");
  if (!event) throw invalidParameter("Event", "It must be a JSON object.");
  const missing = EVENT_FIELDS.filter((field) => !(field in event));
  if (missing.length > 0) throw invalidParameter("Event", `It lacks ${missing.join(", ")}.`);
  return { Result: compilePattern(input.EventPattern ?? "")(event) };
}
