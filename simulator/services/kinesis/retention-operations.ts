import { ServiceError } from "../errors";
import type { Operation } from "../service";
import type { Kinesis } from "./service";
import { type StreamTarget, onStream } from "./stream-target";

type RetentionInput = StreamTarget & { readonly RetentionPeriodHours: number };

export const RETENTION_HOURS_MIN = 24;
export const RETENTION_HOURS_MAX = 8760;

/** @throws `InvalidArgumentException` if the new period is shorter, or not within 24 to 8760 hours */
export function increaseRetention(kinesis: Kinesis): Operation {
  return retentionOperation(kinesis, "IncreaseStreamRetentionPeriod", (to, from) => to >= from);
}

/** @throws `InvalidArgumentException` if the new period is longer, or not within 24 to 8760 hours */
export function decreaseRetention(kinesis: Kinesis): Operation {
  return retentionOperation(kinesis, "DecreaseStreamRetentionPeriod", (to, from) => to <= from);
}

function retentionOperation(
  kinesis: Kinesis,
  operation: string,
  allowed: (to: number, from: number) => boolean,
): Operation {
  return {
    permissions: onStream(`kinesis:${operation}`),
    execute: (input: RetentionInput) => {
      const stream = kinesis.targetOf(input);
      const { RetentionPeriodHours: to } = input;
      const from = stream.settings.retentionHours;
      const inRange = to >= RETENTION_HOURS_MIN && to <= RETENTION_HOURS_MAX;
      if (!Number.isInteger(to) || !inRange || !allowed(to, from)) {
        throw new ServiceError(
          "InvalidArgumentException",
          `${operation}: requested retention period (${to} hours) for stream ` +
            `${stream.settings.name} is not possible; it is ${from} hours now, and may be ` +
            `${RETENTION_HOURS_MIN} to ${RETENTION_HOURS_MAX}.`,
        );
      }
      stream.configure({ retentionHours: to });
      return {};
    },
  };
}
