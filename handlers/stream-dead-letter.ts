import type { KinesisStreamEvent, KinesisStreamRecordPayload } from "aws-lambda";
import { failure } from "./failure";

/** Where given-up records are in their stream. */
export interface BatchInfo {
  readonly shardId: string;
  readonly startSequenceNumber: string;
  readonly endSequenceNumber: string;
  readonly batchSize: number;
  readonly streamArn: string;
}

/**
 * What a stream's mapping says of records that it gave up, as far as it is read here. Source: Lambda, "Retain
 * discarded batch records for a Kinesis Data Streams event source in Lambda".
 */
export interface StreamDeadLetter {
  readonly requestContext: { readonly condition: string };
  readonly KinesisBatchInfo: BatchInfo;
  /** In S3 alone: the event. The documentation shows it as text. */
  readonly payload?: string | KinesisStreamEvent;
}

/** A record that was given up. */
export interface GivenUp {
  readonly eventId: string;
  readonly record: KinesisStreamRecordPayload;
}

export interface DeadLetterReader {
  /**
   * A dead letter in a queue's message: sent there by the mapping, or told by a topic.
   *
   * @throws Error with code `UNDECODABLE_DEAD_LETTER`
   */
  readonly read: (text: string) => StreamDeadLetter;
  /** The records in a dead letter that came with its event. */
  readonly recordsIn: (letter: StreamDeadLetter) => GivenUp[];
}

/** Made once per environment: a serialized function of ours at module level is made anew at each call. */
export function createDeadLetterReader(): DeadLetterReader {
  const parse = (text: string): unknown => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw failure("UNDECODABLE_DEAD_LETTER", "The dead letter is not JSON.");
    }
  };

  return {
    read(text) {
      let value = parse(text) as Partial<StreamDeadLetter & { Message: unknown }> | null;
      if (typeof value?.Message === "string") {
        value = parse(value.Message) as Partial<StreamDeadLetter> | null;
      }
      if (!value?.KinesisBatchInfo?.shardId) {
        throw failure("UNDECODABLE_DEAD_LETTER", "The dead letter is not that of a Kinesis batch.");
      }
      return value as StreamDeadLetter;
    },
    recordsIn({ payload }) {
      const event = typeof payload === "string" ? parse(payload) : payload;
      const { Records = [] } = (event ?? {}) as Partial<KinesisStreamEvent>;
      return Records.map(({ eventID, kinesis }) => ({ eventId: eventID, record: kinesis }));
    },
  };
}
