import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { sdkStreamMixin } from "@smithy/core/serde";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import { refuseUnmodelled } from "../request-input";
import type { Operation, Service } from "../service";

export { s3Resources } from "./resources";

interface StoredObject {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lastModifiedMs: number;
  readonly etag: string;
}

interface Bucket {
  readonly arn: string;
  readonly objects: Map<string, StoredObject>;
}

interface ObjectInput {
  readonly Bucket: string;
  readonly Key: string;
}

interface PutInput extends ObjectInput {
  readonly Body?: Uint8Array | string;
  readonly ContentType?: string;
  readonly Metadata?: Readonly<Record<string, string>>;
}

interface ListInput {
  readonly Bucket: string;
  readonly Prefix?: string;
  readonly Delimiter?: string;
  readonly MaxKeys?: number;
  readonly ContinuationToken?: string;
  readonly StartAfter?: string;
}

interface DeleteManyInput {
  readonly Bucket: string;
  readonly Delete: {
    readonly Objects: readonly { readonly Key: string }[];
    readonly Quiet?: boolean;
  };
}

const KEYS_PER_PAGE = 1000;

/** Amazon S3: general purpose buckets without versions. */
export class S3 implements Service {
  readonly serviceId = "S3";
  readonly #buckets = new Map<string, Bucket>();

  constructor(private readonly account: Account) {}

  readonly operations: Readonly<Record<string, Operation>> = {
    PutObject: {
      permissions: objectPermission("s3:PutObject"),
      execute: (input: PutInput) => this.#put(input),
    },
    GetObject: {
      permissions: objectPermission("s3:GetObject"),
      execute: (input: ObjectInput) => this.#get(input),
    },
    HeadObject: {
      permissions: objectPermission("s3:GetObject"),
      execute: (input: ObjectInput) => this.#head(input),
    },
    DeleteObject: {
      permissions: objectPermission("s3:DeleteObject"),
      execute: (input: ObjectInput) => this.#delete(input),
    },
    DeleteObjects: {
      permissions: ({ Bucket, Delete }: DeleteManyInput) =>
        Delete.Objects.map(({ Key }) => ({
          action: "s3:DeleteObject",
          resource: `${bucketArn(Bucket)}/${Key}`,
        })),
      execute: (input: DeleteManyInput) => this.#deleteMany(input),
    },
    ListObjectsV2: {
      permissions: bucketPermission("s3:ListBucket"),
      execute: (input: ListInput) => this.#list(input),
    },
    HeadBucket: {
      permissions: bucketPermission("s3:ListBucket"),
      execute: (input: { Bucket: string }) => {
        this.#bucket(input.Bucket);
        return {};
      },
    },
  };

  createBucket(name: string): void {
    if (this.#buckets.has(name)) {
      throw new ServiceError("BucketAlreadyOwnedByYou", `The bucket ${name} exists already.`, {
        statusCode: 409,
      });
    }
    this.#buckets.set(name, { arn: bucketArn(name), objects: new Map() });
  }

  /** @throws BucketNotEmpty unless `force` */
  deleteBucket(name: string, force: boolean): void {
    const bucket = this.#buckets.get(name);
    if (bucket && bucket.objects.size > 0 && !force) {
      throw new ServiceError(
        "BucketNotEmpty",
        `The bucket ${name} is not empty. Empty it, or set forceDestroy.`,
        { statusCode: 409 },
      );
    }
    this.#buckets.delete(name);
    this.account.services.iam.putResourcePolicy(bucketArn(name), undefined);
  }

  /** Writes an object for another service with a role's rights. @throws AccessDenied, NoSuchBucket */
  put(arn: string, key: string, body: string, roleArn: string): void {
    this.account.services.iam.authorize(
      { kind: "role", arn: roleArn },
      { action: "s3:PutObject", resource: `${arn}/${key}` },
    );
    this.#put({ Bucket: arn.slice("arn:aws:s3:::".length), Key: key, Body: body });
  }

  remaining(): string[] {
    return [...this.#buckets.keys()].map((name) => `aws:s3/bucket:Bucket ${name}`);
  }

  unsettled(): string[] {
    return [];
  }

  #put(input: PutInput): object {
    refuseUnmodelled("PutObject", input, ["Bucket", "Key", "Body", "ContentType", "Metadata"]);
    const { objects } = this.#bucket(input.Bucket);
    const body = input.Body ?? "";
    const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : Uint8Array.from(body);
    const etag = `"${createHash("md5").update(bytes).digest("hex")}"`;
    objects.set(input.Key, {
      key: input.Key,
      bytes,
      contentType: input.ContentType ?? "application/octet-stream",
      metadata: input.Metadata ?? {},
      lastModifiedMs: Math.floor(this.account.kernel.now / 1000) * 1000,
      etag,
    });
    this.account.usage.add("s3.puts", 1);
    return { ETag: etag };
  }

  #get(input: ObjectInput): object {
    refuseUnmodelled("GetObject", input, ["Bucket", "Key"]);
    const object = this.#object(input, "NoSuchKey");
    this.account.usage.add("s3.gets", 1);
    const Body: unknown = sdkStreamMixin(Readable.from([Buffer.from(object.bytes)]));
    return { ...describe(object), Body };
  }

  #head(input: ObjectInput): object {
    refuseUnmodelled("HeadObject", input, ["Bucket", "Key"]);
    this.account.usage.add("s3.gets", 1);
    return describe(this.#object(input, "NotFound"));
  }

  #delete(input: ObjectInput): object {
    refuseUnmodelled("DeleteObject", input, ["Bucket", "Key"]);
    this.#bucket(input.Bucket).objects.delete(input.Key);
    return {};
  }

  #deleteMany(input: DeleteManyInput): object {
    const { objects } = this.#bucket(input.Bucket);
    for (const { Key } of input.Delete.Objects) objects.delete(Key);
    if (input.Delete.Quiet) return {};
    return { Deleted: input.Delete.Objects.map(({ Key }) => ({ Key })) };
  }

  #list(input: ListInput): object {
    const known = ["Bucket", "Prefix", "Delimiter", "MaxKeys", "ContinuationToken", "StartAfter"];
    refuseUnmodelled("ListObjectsV2", input, known);
    const { Delimiter, MaxKeys = KEYS_PER_PAGE, Prefix = "" } = input;
    const after = input.ContinuationToken ?? input.StartAfter ?? "";
    const { objects } = this.#bucket(input.Bucket);
    this.account.usage.add("s3.puts", 1); // A list request is billed like a put.
    const contents: object[] = [];
    const prefixes = new Set<string>();
    let last: string | undefined;
    let truncated = false;
    for (const key of [...objects.keys()].sort(byUtf8)) {
      if (!key.startsWith(Prefix) || byUtf8(key, after) <= 0) continue;
      const end = Delimiter ? key.indexOf(Delimiter, Prefix.length) : -1;
      const common = end < 0 ? undefined : key.slice(0, end + Delimiter!.length);
      if (common && (prefixes.has(common) || after.startsWith(common))) continue;
      if (contents.length + prefixes.size >= Math.min(MaxKeys, KEYS_PER_PAGE)) {
        truncated = true;
        break;
      }
      if (common) prefixes.add(common);
      else contents.push(entryOf(objects.get(key)!));
      last = common ?? key;
    }
    return {
      Name: input.Bucket,
      Prefix,
      MaxKeys,
      KeyCount: contents.length + prefixes.size,
      IsTruncated: truncated,
      ...(truncated && { NextContinuationToken: last }),
      ...(contents.length > 0 && { Contents: contents }),
      ...(prefixes.size > 0 && {
        CommonPrefixes: [...prefixes].map((common) => ({ Prefix: common })),
      }),
    };
  }

  #object({ Bucket, Key }: ObjectInput, missing: string): StoredObject {
    const object = this.#bucket(Bucket).objects.get(Key);
    if (object) return object;
    throw new ServiceError(missing, "The specified key does not exist.", {
      statusCode: 404,
      members: { Key },
    });
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket) return bucket;
    throw new ServiceError("NoSuchBucket", "The specified bucket does not exist", {
      statusCode: 404,
      members: { BucketName: name },
    });
  }
}

export function bucketArn(name: string): string {
  return `arn:aws:s3:::${name}`;
}

function objectPermission(action: string) {
  return ({ Bucket, Key }: ObjectInput) => [{ action, resource: `${bucketArn(Bucket)}/${Key}` }];
}

function bucketPermission(action: string) {
  return ({ Bucket }: { Bucket: string }) => [{ action, resource: bucketArn(Bucket) }];
}

function describe(object: StoredObject): object {
  return {
    ContentLength: object.bytes.length,
    ContentType: object.contentType,
    ETag: object.etag,
    LastModified: new Date(object.lastModifiedMs),
    Metadata: { ...object.metadata },
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

/** S3 lists keys in the order of their UTF-8 bytes. */
function byUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
