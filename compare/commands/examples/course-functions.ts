import type { KinesisStreamEvent, SQSEvent } from "aws-lambda";

/**
 * Fails for every batch that holds the record BAD: by throwing, or by reporting it if REPORT is set; at most TIMES
 * times in one environment.
 */
export function createBatchHandler() {
  let failures = 0;
  return (event: KinesisStreamEvent) => {
    const { BAD, REPORT, TIMES } = process.env;
    const bad = event.Records.find(
      ({ kinesis }) => Buffer.from(kinesis.data, "base64").toString() === BAD,
    );
    if (!bad || failures >= Number(TIMES)) return Promise.resolve(null);
    failures += 1;
    if (!REPORT) return Promise.reject(new Error(`Record ${BAD} cannot be processed.`));
    const itemIdentifier = bad.kinesis.sequenceNumber;
    return Promise.resolve({ batchItemFailures: [{ itemIdentifier }] });
  };
}

/** Fails each message as often as FAILURES says, by its body: by reporting it if REPORT is set, else by throwing. */
export function createMessageHandler() {
  return ({ Records }: SQSEvent) => {
    const wanted = JSON.parse(process.env["FAILURES"] ?? "{}") as Record<string, number>;
    const failed = Records.filter(
      ({ attributes, body }) => Number(attributes.ApproximateReceiveCount) <= (wanted[body] ?? 0),
    );
    if (failed.length === 0) return Promise.resolve(null);
    if (!process.env["REPORT"]) {
      return Promise.reject(new Error(`Message ${failed[0]!.body} cannot be processed.`));
    }
    const batchItemFailures = failed.map(({ messageId }) => ({ itemIdentifier: messageId }));
    return Promise.resolve({ batchItemFailures });
  };
}

/** Fails, whatever it is given. */
export function createFailingHandler() {
  return (): Promise<null> => Promise.reject(new Error("This event cannot be processed."));
}
