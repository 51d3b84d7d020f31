import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Context } from "aws-lambda";
import { connectSqs } from "./connect-sqs";
import { createDeliverDeadLetter } from "./deliver-dead-letter";
import { textFrom } from "./environment";
import { codeOf } from "./failure";
import { createLogLine } from "./log";
import { createDeadLetterReader } from "./stream-dead-letter";

/** Where Lambda puts the dead letters of mappings. */
const PREFIX = "aws/lambda/";
/** Kept back: what is not read now is read a minute later. */
const RESERVED_MS = 5_000;

/**
 * Resolves the mapping's dead letters in a bucket, which hold their records: reads them back, delivers the records and
 * deletes the object. An invocation that ends before that does it again, so that messages may come twice.
 *
 * Environment: `BUCKET_NAME`, and as `createDeliverDeadLetter`.
 */
export function createReadBackHandler(
  connectObjects: () => S3Client = connectS3,
  connectQueues: () => SQSClient = connectSqs,
) {
  const Bucket = textFrom("BUCKET_NAME");
  const client = connectObjects();
  const deliver = createDeliverDeadLetter(connectQueues());
  const { read, recordsIn } = createDeadLetterReader();
  const log = createLogLine();

  async function resolve(Key: string): Promise<void> {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    const letter = read((await Body?.transformToString()) ?? "");
    await deliver(letter, recordsIn(letter));
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
  }

  return async (_event: unknown, context: Context): Promise<{ resolved: number }> => {
    const { Contents = [] } = await client.send(
      new ListObjectsV2Command({ Bucket, Prefix: PREFIX }),
    );
    let resolved = 0;
    for (const { Key } of Contents) {
      if (context.getRemainingTimeInMillis() < RESERVED_MS) break;
      try {
        await resolve(Key ?? "");
        resolved += 1;
      } catch (error) {
        // The others are not held up; this one is tried again in a minute.
        log("error", "dead letter not resolved", { code: codeOf(error) });
      }
    }
    return { resolved };
  };
}

function connectS3(): S3Client {
  return new S3Client({ maxAttempts: 3 });
}
