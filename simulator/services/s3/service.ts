import { Readable } from "node:stream";
import type {
  DeleteObjectCommandInput,
  DeleteObjectsCommandInput,
  GetObjectCommandInput,
  HeadBucketCommandInput,
  HeadObjectCommandInput,
  ListObjectsV2CommandInput,
  PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { sdkStreamMixin } from "@smithy/core/serde";
import type { Account } from "../account";
import { NotModelledError, ServiceError } from "../errors";
import { refuseUnmodelled } from "../request-input";
import type { Call, Caller, Operation, Service } from "../service";
import { Bucket, type StoredObject } from "./bucket";

export { s3Resources } from "./resources";

const KEYS_PER_PAGE = 1000;
const KEY_BYTES_MAX = 1024;
const DELETED_MAX = 1000;

/** Kept with an object and handed out with it. */
const HEADERS = [
  "CacheControl",
  "ContentDisposition",
  "ContentEncoding",
  "ContentLanguage",
  "ContentType",
  "Metadata",
];
/** Change nothing that can be observed here. */
const HARMLESS = ["ChecksumAlgorithm", "ChecksumMode", "ContentLength", "ExpectedBucketOwner"];

/** Amazon S3: general purpose buckets without versions. */
export class S3 implements Service {
  readonly serviceId = "S3";
  readonly #buckets = new Map<string, Bucket>();
  readonly #writeListeners: (() => void)[] = [];

  constructor(private readonly account: Account) {}

  readonly operations: Readonly<Record<string, Operation>> = {
    PutObject: {
      permissions: onObject("s3:PutObject"),
      execute: (input: PutObjectCommandInput) => this.#putObject(input),
    },
    GetObject: {
      permissions: onObject("s3:GetObject"),
      execute: (input: GetObjectCommandInput, call: Call) => {
        refuseUnmodelled("s3:GetObject", input, ["Bucket", "Key", ...HARMLESS]);
        const object = this.#object(input, call.caller, "NoSuchKey");
        const Body: unknown = sdkStreamMixin(Readable.from([Buffer.from(object.bytes)]));
        return { ...describe(object), Body };
      },
    },
    HeadObject: {
      permissions: onObject("s3:GetObject"),
      execute: (input: HeadObjectCommandInput, call: Call) => {
        refuseUnmodelled("s3:HeadObject", input, ["Bucket", "Key", ...HARMLESS]);
        return describe(this.#object(input, call.caller, "NotFound"));
      },
    },
    DeleteObject: {
      permissions: onObject("s3:DeleteObject"),
      execute: (input: DeleteObjectCommandInput) => {
        refuseUnmodelled("s3:DeleteObject", input, ["Bucket", "Key", ...HARMLESS]);
        this.#bucket(input.Bucket).delete(input.Key ?? "");
        return {};
      },
    },
    DeleteObjects: {
      permissions: ({ Bucket: name, Delete }: DeleteObjectsCommandInput) =>
        (Delete?.Objects ?? []).map(({ Key }) => ({
          action: "s3:DeleteObject",
          resource: `${bucketArn(name)}/${Key}`,
        })),
      execute: (input: DeleteObjectsCommandInput) => this.#deleteObjects(input),
    },
    ListObjectsV2: {
      permissions: onBucket("s3:ListBucket"),
      execute: (input: ListObjectsV2CommandInput) => this.#list(input),
    },
    HeadBucket: {
      permissions: onBucket("s3:ListBucket"),
      execute: (input: HeadBucketCommandInput) => {
        refuseUnmodelled("s3:HeadBucket", input, ["Bucket", ...HARMLESS]);
        this.account.usage.add("s3.gets", 1);
        this.#bucket(input.Bucket, "NotFound");
        return { BucketRegion: this.account.region };
      },
    },
  };

  /** @throws BucketAlreadyOwnedByYou */
  createBucket(name: string): void {
    if (this.#buckets.has(name)) {
      throw new ServiceError("BucketAlreadyOwnedByYou", `The bucket ${name} exists already.`, {
        statusCode: 409,
      });
    }
    this.#buckets.set(name, new Bucket(name, () => this.account.kernel.now));
  }

  /** @throws BucketNotEmpty unless `force` */
  deleteBucket(name: string, force: boolean): void {
    const bucket = this.#buckets.get(name);
    if (bucket && !bucket.isEmpty && !force) {
      throw new ServiceError(
        "BucketNotEmpty",
        `The bucket ${name} is not empty. Empty it, or set forceDestroy.`,
        { statusCode: 409 },
      );
    }
    this.#buckets.delete(name);
    this.account.services.iam.putResourcePolicy(bucketArn(name), undefined);
  }

  /** By name, for the resources that configure it. */
  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  /**
   * Writes an object for another service, with the rights of a role.
   *
   * @throws AccessDenied, NoSuchBucket
   */
  put(arn: string, key: string, body: string | Uint8Array, callerArn: string): void {
    this.account.services.iam.authorize(
      { kind: "role", arn: callerArn },
      { action: "s3:PutObject", resource: `${arn}/${key}` },
    );
    this.#store(this.#bucket(arn.slice("arn:aws:s3:::".length)), key, body, {});
  }

  /** Calls `listener` after each object stored in any bucket. */
  onWrite(listener: () => void): void {
    this.#writeListeners.push(listener);
  }

  remaining(): string[] {
    return [...this.#buckets.keys()].map((name) => `aws:s3/bucket:Bucket ${name}`);
  }

  unsettled(): string[] {
    return [];
  }

  #putObject(input: PutObjectCommandInput): object {
    const known = ["Bucket", "Key", "Body", "IfNoneMatch", "ServerSideEncryption"];
    refuseUnmodelled("s3:PutObject", input, [...known, ...HEADERS, ...HARMLESS]);
    const bucket = this.#bucket(input.Bucket);
    const body = bodyOf(input.Body);
    const key = input.Key ?? "";
    if (key === "" || Buffer.byteLength(key) > KEY_BYTES_MAX) {
      throw new ServiceError("KeyTooLongError", "Your key is too long", { members: { Key: key } });
    }
    if (input.IfNoneMatch === "*" && bucket.get(key)) {
      throw new ServiceError(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        { statusCode: 412 },
      );
    }
    if (input.IfNoneMatch !== undefined && input.IfNoneMatch !== "*") {
      throw new ServiceError("NotImplemented", "IfNoneMatch can only be *.", { statusCode: 501 });
    }
    const given = Object.entries(input).filter(([name]) => HEADERS.includes(name));
    const { etag } = this.#store(bucket, key, body, Object.fromEntries(given));
    return { ETag: etag, ServerSideEncryption: "AES256" };
  }

  #store(
    bucket: Bucket,
    key: string,
    body: string | Uint8Array,
    headers: Record<string, unknown>,
  ): StoredObject {
    const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : Uint8Array.from(body);
    this.account.usage.add("s3.puts", 1);
    const object = bucket.put(key, bytes, headers);
    for (const listener of this.#writeListeners) listener();
    return object;
  }

  #deleteObjects(input: DeleteObjectsCommandInput): object {
    refuseUnmodelled("s3:DeleteObjects", input, ["Bucket", "Delete", ...HARMLESS]);
    const bucket = this.#bucket(input.Bucket);
    const objects = input.Delete?.Objects ?? [];
    if (objects.length === 0 || objects.length > DELETED_MAX) {
      throw new ServiceError("MalformedXML", "The list must hold 1 to 1000 objects.");
    }
    for (const object of objects) {
      refuseUnmodelled("s3:DeleteObjects", object, ["Key"]);
      bucket.delete(object.Key ?? "");
    }
    if (input.Delete?.Quiet) return {};
    return { Deleted: objects.map(({ Key }) => ({ Key })) };
  }

  #list(input: ListObjectsV2CommandInput): object {
    const known = ["Bucket", "Prefix", "Delimiter", "MaxKeys", "ContinuationToken", "StartAfter"];
    refuseUnmodelled("s3:ListObjectsV2", input, [...known, ...HARMLESS]);
    const bucket = this.#bucket(input.Bucket);
    this.account.usage.add("s3.puts", 1); // A list request is billed like a put.
    const { ContinuationToken, Delimiter, MaxKeys = KEYS_PER_PAGE, Prefix = "" } = input;
    const after = ContinuationToken ? fromToken(ContinuationToken) : (input.StartAfter ?? "");
    const max = Math.min(MaxKeys, KEYS_PER_PAGE);
    const { commonPrefixes, next, objects } = bucket.list(Prefix, Delimiter, after, max);
    return {
      Name: bucket.name,
      Prefix,
      ...(Delimiter && { Delimiter }),
      MaxKeys,
      KeyCount: objects.length + commonPrefixes.length,
      IsTruncated: next !== undefined,
      ...(ContinuationToken && { ContinuationToken }),
      ...(next !== undefined && { NextContinuationToken: toToken(next) }),
      ...(objects.length > 0 && { Contents: objects.map(entryOf) }),
      ...(commonPrefixes.length > 0 && {
        CommonPrefixes: commonPrefixes.map((common) => ({ Prefix: common })),
      }),
    };
  }

  #object(
    { Bucket: name, Key }: { Bucket: string | undefined; Key: string | undefined },
    caller: Caller,
    missing: "NoSuchKey" | "NotFound",
  ): StoredObject {
    const bucket = this.#bucket(name);
    this.account.usage.add("s3.gets", 1);
    const object = bucket.get(Key ?? "");
    if (object) return object;
    // Whoever may not list a bucket is not told what is missing from it.
    const { iam } = this.account.services;
    iam.authorize(caller, { action: "s3:ListBucket", resource: bucketArn(name) });
    throw new ServiceError(missing, "The specified key does not exist.", {
      statusCode: 404,
      members: { Key },
    });
  }

  #bucket(name: string | undefined, missing: "NoSuchBucket" | "NotFound" = "NoSuchBucket"): Bucket {
    const bucket = this.#buckets.get(name ?? "");
    if (bucket) return bucket;
    throw new ServiceError(missing, "The specified bucket does not exist", {
      statusCode: 404,
      members: { BucketName: name },
    });
  }
}

export function bucketArn(name: string | undefined): string {
  return `arn:aws:s3:::${name}`;
}

function onObject(action: string) {
  return (input: { Bucket: string | undefined; Key: string | undefined }) => [
    { action, resource: `${bucketArn(input.Bucket)}/${input.Key}` },
  ];
}

function onBucket(action: string) {
  return (input: { Bucket: string | undefined }) => [{ action, resource: bucketArn(input.Bucket) }];
}

function bodyOf(body: PutObjectCommandInput["Body"]): string | Uint8Array {
  if (body === undefined) return "";
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  throw new NotModelledError(
    "s3:PutObject: a Body that is a stream is not modelled in the simulated account; give a text or bytes",
  );
}

function describe(object: StoredObject): object {
  return {
    AcceptRanges: "bytes",
    ContentLength: object.bytes.length,
    ContentType: "application/octet-stream",
    ETag: object.etag,
    LastModified: new Date(object.lastModifiedMs),
    Metadata: {},
    ServerSideEncryption: "AES256",
    ...structuredClone(object.headers),
  };
}

function entryOf(object: StoredObject): object {
  return {
    Key: object.key,
    ETag: object.etag,
    Size: object.bytes.length,
    LastModified: new Date(object.lastModifiedMs),
    StorageClass: "STANDARD",
  };
}

const toToken = (key: string): string => Buffer.from(key).toString("base64");
const fromToken = (token: string): string => Buffer.from(token, "base64").toString("utf8");
