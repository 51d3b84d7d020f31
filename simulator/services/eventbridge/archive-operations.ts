import type {
  DescribeArchiveCommandInput,
  ListArchivesCommandInput,
} from "@aws-sdk/client-eventbridge";
import { refuseUnmodelled } from "../request-input";
import type { Operation } from "../service";
import type { Archive } from "./archive";
import { hasPrefix, pageOf } from "./page";
import type { EventBridge } from "./service";

export function archiveOperations(service: EventBridge): Readonly<Record<string, Operation>> {
  return {
    DescribeArchive: {
      permissions: ({ ArchiveName = "" }: DescribeArchiveCommandInput) => [
        { action: "events:DescribeArchive", resource: service.archiveArn(ArchiveName) },
      ],
      execute: (input: DescribeArchiveCommandInput) => {
        refuseUnmodelled("EventBridge.DescribeArchive", input, ["ArchiveName"]);
        const archive = service.archive(input.ArchiveName ?? "");
        const { arn, description, pattern } = archive.settings;
        return {
          ...{ ArchiveArn: arn, Description: description, EventPattern: pattern },
          ...summaryOf(archive),
        };
      },
    },
    ListArchives: {
      permissions: () => [{ action: "events:ListArchives", resource: "*" }],
      execute: (input: ListArchivesCommandInput) => {
        const modelled = ["NamePrefix", "EventSourceArn", "State", "Limit", "NextToken"];
        refuseUnmodelled("EventBridge.ListArchives", input, modelled);
        const { EventSourceArn: busArn, State: state = "ENABLED" } = input;
        if (busArn !== undefined) service.bus(busArn);
        const isListed = hasPrefix(input.NamePrefix);
        const archives = [...service.archives.values()]
          .filter(({ settings }) => isListed(settings.name) && state === "ENABLED")
          .filter(({ settings }) => (busArn ?? settings.busArn) === settings.busArn)
          .sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
        const { items, ...next } = pageOf(archives, input);
        return { Archives: items.map(summaryOf), ...next };
      },
    },
  };
}

function summaryOf(archive: Archive): object {
  const { busArn, name, retentionDays } = archive.settings;
  const events = archive.events();
  return {
    ArchiveName: name,
    EventSourceArn: busArn,
    State: "ENABLED",
    RetentionDays: retentionDays,
    SizeBytes: events.reduce((sum, { bytes }) => sum + bytes, 0),
    EventCount: events.length,
    CreationTime: new Date(archive.createdAtMs),
  };
}
