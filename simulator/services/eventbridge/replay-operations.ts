import type {
  DescribeReplayCommandInput,
  ListReplaysCommandInput,
  StartReplayCommandInput,
} from "@aws-sdk/client-eventbridge";
import { ServiceError } from "../errors";
import { refuseUnmodelled } from "../request-input";
import type { Operation, RequiredPermission } from "../service";
import { invalidParameter, limitExceeded } from "./errors";
import { hasPrefix, pageOf } from "./page";
import { Replay, type ReplaySettings } from "./replay";
import type { EventBridge } from "./service";

/** Source: EventBridge quotas. */
const REPLAYS_UNDER_WAY_MAX = 10;

export function replayOperations(service: EventBridge): Readonly<Record<string, Operation>> {
  const onReplay =
    (action: string) =>
    ({ ReplayName = "" }: DescribeReplayCommandInput): RequiredPermission[] => [
      { action, resource: service.replayArn(ReplayName) },
    ];
  return {
    StartReplay: {
      permissions: ({ EventSourceArn = "*" }: StartReplayCommandInput) => [
        { action: "events:StartReplay", resource: EventSourceArn },
      ],
      execute: (input: StartReplayCommandInput) => startReplay(service, input),
    },
    DescribeReplay: {
      permissions: onReplay("events:DescribeReplay"),
      execute: (input: DescribeReplayCommandInput) => {
        refuseUnmodelled("EventBridge.DescribeReplay", input, ["ReplayName"]);
        const replay = find(service, input.ReplayName);
        const { arn, bus, description, ruleArns } = replay.settings;
        return {
          ...{ ReplayArn: arn, Description: description, ...summaryOf(replay) },
          Destination: { Arn: bus.arn, ...(ruleArns && { FilterArns: [...ruleArns] }) },
        };
      },
    },
    ListReplays: {
      permissions: () => [{ action: "events:ListReplays", resource: "*" }],
      execute: (input: ListReplaysCommandInput) => {
        const modelled = ["NamePrefix", "State", "EventSourceArn", "Limit", "NextToken"];
        refuseUnmodelled("EventBridge.ListReplays", input, modelled);
        const isListed = hasPrefix(input.NamePrefix);
        const replays = [...service.replays.values()]
          .filter(({ settings }) => isListed(settings.name))
          .filter(({ state }) => (input.State ?? state) === state)
          .filter(({ settings: { archive } }) => {
            const { arn } = archive.settings;
            return (input.EventSourceArn ?? arn) === arn;
          })
          .sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
        const { items, ...next } = pageOf(replays, input);
        return { Replays: items.map(summaryOf), ...next };
      },
    },
    CancelReplay: {
      permissions: onReplay("events:CancelReplay"),
      execute: (input: DescribeReplayCommandInput) => {
        refuseUnmodelled("EventBridge.CancelReplay", input, ["ReplayName"]);
        const replay = find(service, input.ReplayName);
        replay.cancel();
        return { ReplayArn: replay.settings.arn, State: replay.state };
      },
    },
  };
}

function startReplay(service: EventBridge, input: StartReplayCommandInput): object {
  refuseUnmodelled("EventBridge.StartReplay", input, [
    ...["ReplayName", "Description", "EventSourceArn", "EventStartTime", "EventEndTime"],
    "Destination",
  ]);
  refuseUnmodelled("EventBridge.StartReplay", input.Destination ?? {}, ["Arn", "FilterArns"]);
  const settings = settingsOf(service, input);
  const underWay = [...service.replays.values()].filter(({ isUnderWay }) => isUnderWay);
  if (underWay.length >= REPLAYS_UNDER_WAY_MAX) throw limitExceeded();
  const replay = new Replay(settings, service.account);
  service.replays.set(settings.name, replay);
  return {
    ReplayArn: settings.arn,
    State: replay.state,
    ReplayStartTime: new Date(replay.startedAtMs),
  };
}

/** Messages are recorded from AWS. */
function settingsOf(service: EventBridge, input: StartReplayCommandInput): ReplaySettings {
  const { Description, Destination, EventEndTime, EventSourceArn, EventStartTime } = input;
  const name = input.ReplayName ?? "";
  if (!/^[.\w-]{1,64}$/.test(name)) {
    throw invalidParameter("ReplayName", "It must be 1 to 64 letters, digits or . - _");
  }
  if (service.replays.has(name)) {
    throw new ServiceError("ResourceAlreadyExistsException", `Replay ${name} already exists.`);
  }
  const archiveName = EventSourceArn?.slice(EventSourceArn.lastIndexOf("/") + 1) ?? "";
  const archive = service.archives.get(archiveName);
  const bus = service.bus(Destination?.Arn);
  if (archive?.settings.arn !== EventSourceArn || !archive) {
    throw invalidParameter("EventSourceArn", `Archive ${archiveName} does not exist.`);
  }
  if (bus.arn !== archive.settings.busArn) {
    throw invalidParameter("Destination.Arn", "Cross event bus replay is not permitted.");
  }
  if (!EventStartTime || !EventEndTime || EventStartTime >= EventEndTime) {
    throw invalidParameter("EventEndTime", "EventStartTime must be before EventEndTime.");
  }
  return {
    ...{ name, archive, bus, description: Description, ruleArns: Destination?.FilterArns },
    arn: service.replayArn(name),
    fromMs: EventStartTime.getTime(),
    toMs: EventEndTime.getTime(),
  };
}

function find(service: EventBridge, name = ""): Replay {
  const replay = service.replays.get(name);
  if (replay) return replay;
  throw new ServiceError("ResourceNotFoundException", `Replay ${name} does not exist.`);
}

const dateOf = (atMs: number | undefined): Date | undefined =>
  atMs === undefined ? undefined : new Date(atMs);

function summaryOf({ endedAtMs, lastReplayedMs, settings, startedAtMs, state }: Replay): object {
  return {
    ReplayName: settings.name,
    EventSourceArn: settings.archive.settings.arn,
    State: state,
    EventStartTime: new Date(settings.fromMs),
    EventEndTime: new Date(settings.toMs),
    EventLastReplayedTime: dateOf(lastReplayedMs),
    ReplayStartTime: new Date(startedAtMs),
    ReplayEndTime: dateOf(endedAtMs),
  };
}
