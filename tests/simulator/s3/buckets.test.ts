import { expect } from "chai";
import type { sdkStreamMixin } from "@smithy/core/serde";
import { documentOf, refusal, START_MS, TestAccount } from "../iam/account-fixture";

type Body = ReturnType<typeof sdkStreamMixin>;

class BucketWorld extends TestAccount {
  readonly bucket = this.deploy("aws:s3/bucket:Bucket", "box", { bucket: "box" });

  s3<Output = Record<string, unknown>>(operation: string, input: object, as?: string) {
    return this.call<Output>(this.services.s3, operation, { Bucket: "box", ...input }, as);
  }

  async put(...keys: string[]): Promise<void> {
    for (const Key of keys) await this.s3("PutObject", { Key, Body: Key });
  }

  async keys(input: object = {}): Promise<string[]> {
    const { Contents } = await this.s3<{ Contents?: { Key: string }[] }>("ListObjectsV2", input);
    return (Contents ?? []).map(({ Key }) => Key);
  }
}

describe("a bucket", () => {
  it("gives back what was put, as a stream of the SDK", async () => {
    const world = new BucketWorld();
    const put = await world.s3("PutObject", {
      Key: "a",
      Body: "hello",
      ContentType: "text/plain",
      Metadata: { by: "test" },
    });
    expect(put["ETag"]).to.equal('"5d41402abc4b2a76b9719d911017c592"');
    const { Body, ...got } = await world.s3<{ Body: Body }>("GetObject", { Key: "a" });
    expect(await Body.transformToString()).to.equal("hello");
    const head = await world.s3("HeadObject", { Key: "a" });
    expect(got).to.deep.equal(head);
    expect(head).to.deep.include({
      ContentLength: 5,
      ContentType: "text/plain",
      LastModified: new Date(START_MS),
      Metadata: { by: "test" },
    });
    expect(world.usage.snapshot()).to.deep.equal({ "s3.gets": 2, "s3.puts": 1 });
  });

  it("lets a reader finish with the stream before virtual time moves on", async () => {
    const world = new BucketWorld();
    await world.s3("PutObject", { Key: "a", Body: new Uint8Array(200_000) });
    const { Body } = await world.s3<{ Body: Body }>("GetObject", { Key: "a" });
    const seen: string[] = [];
    world.kernel.after(0, "read", () => {
      void Body.transformToByteArray().then((bytes) => seen.push(`${bytes.length} bytes`));
    });
    world.kernel.after(0, "next event", () => seen.push("next event"));
    await world.advance(1);
    expect(seen).to.deep.equal(["200000 bytes", "next event"]);
  });

  it("keeps bytes apart from the caller's", async () => {
    const world = new BucketWorld();
    const bytes = Uint8Array.of(1, 2, 3);
    await world.s3("PutObject", { Key: "a", Body: bytes });
    bytes.fill(0);
    const { Body } = await world.s3<{ Body: Body }>("GetObject", { Key: "a" });
    expect([...(await Body.transformToByteArray())]).to.deep.equal([1, 2, 3]);
  });

  it("lists keys in byte order, by prefix, delimiter and page", async () => {
    const world = new BucketWorld();
    await world.put("a/2", "b", "a/1", "a/x/1", "é");
    expect(await world.keys()).to.deep.equal(["a/1", "a/2", "a/x/1", "b", "é"]);
    expect(await world.keys({ Prefix: "a/", Delimiter: "/" })).to.deep.equal(["a/1", "a/2"]);
    const first = await world.s3("ListObjectsV2", { Delimiter: "/", MaxKeys: 1 });
    expect(first).to.deep.include({
      CommonPrefixes: [{ Prefix: "a/" }],
      IsTruncated: true,
      KeyCount: 1,
    });
    const ContinuationToken = first["NextContinuationToken"];
    expect(await world.keys({ Delimiter: "/", MaxKeys: 2, ContinuationToken })).to.deep.equal([
      "b",
      "é",
    ]);
    expect(await world.keys({ StartAfter: "a/2" })).to.deep.equal(["a/x/1", "b", "é"]);
  });

  it("deletes one or many; what is missing is no error", async () => {
    const world = new BucketWorld();
    await world.put("a", "b", "c");
    await world.s3("DeleteObject", { Key: "a" });
    const answer = await world.s3("DeleteObjects", {
      Delete: { Objects: [{ Key: "b" }, { Key: "nothing" }] },
    });
    expect(answer).to.deep.equal({ Deleted: [{ Key: "b" }, { Key: "nothing" }] });
    expect(await world.keys()).to.deep.equal(["c"]);
  });

  it("refuses to write over an object if told so (IfNoneMatch)", async () => {
    const world = new BucketWorld();
    await world.s3("PutObject", { Key: "a", Body: "1", IfNoneMatch: "*" });
    expect(await refusal(() => world.s3("PutObject", { Key: "a", IfNoneMatch: "*" }))).to.equal(
      "PreconditionFailed: At least one of the pre-conditions you specified did not hold",
    );
  });

  it("says what is missing: bucket or key", async () => {
    const world = new BucketWorld();
    expect(await refusal(() => world.s3("GetObject", { Key: "a" }))).to.equal(
      "NoSuchKey: The specified key does not exist.",
    );
    expect(await refusal(() => world.s3("HeadObject", { Key: "a" }))).to.match(/^NotFound: /);
    expect(await refusal(() => world.s3("GetObject", { Bucket: "bag", Key: "a" }))).to.equal(
      "NoSuchBucket: The specified bucket does not exist",
    );
    expect(await refusal(() => world.s3("HeadBucket", { Bucket: "bag" }))).to.match(/^NotFound: /);
    expect(await world.s3("HeadBucket", {})).to.deep.equal({ BucketRegion: "eu-west-1" });
  });

  it("does not tell those who may not list that a key is missing", async () => {
    const world = new BucketWorld();
    const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::box/*" };
    const role = world.role("reader", [statement]);
    expect(await refusal(() => world.s3("GetObject", { Key: "a" }, role))).to.match(
      /^AccessDenied: .* is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::box /,
    );
  });

  it("is guarded by its policy, objects too", async () => {
    const world = new BucketWorld();
    const statement = { Effect: "Allow", Action: "s3:*", Resource: "*" };
    const role = world.role("writer", [statement]);
    await world.s3("PutObject", { Key: "a" }, role);
    world.deploy("aws:s3/bucketPolicy:BucketPolicy", "policy", {
      bucket: "box",
      policy: documentOf({
        ...{ Effect: "Deny", Principal: "*", Action: "s3:PutObject" },
        Resource: "arn:aws:s3:::box/locked/*",
      }),
    });
    await world.s3("PutObject", { Key: "a" }, role);
    expect(await refusal(() => world.s3("PutObject", { Key: "locked/a" }, role))).to.match(
      /^AccessDenied: .* with an explicit deny in a resource-based policy$/,
    );
  });

  it("takes objects from services with a role's rights", async () => {
    const world = new BucketWorld();
    const Resource = "arn:aws:s3:::box/aws/lambda/*";
    const role = world.role("writer", [{ Effect: "Allow", Action: "s3:PutObject", Resource }]);
    world.services.s3.put("arn:aws:s3:::box", "aws/lambda/1", "dead", role);
    expect(await world.keys()).to.deep.equal(["aws/lambda/1"]);
    expect(
      await refusal(() => world.services.s3.put("arn:aws:s3:::box", "x", "dead", role)),
    ).to.match(/^AccessDenied: /);
  });

  it("loses objects at the first midnight after their last day, without an event", async () => {
    const world = new BucketWorld();
    world.deploy("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "rules", {
      bucket: "box",
      rules: [
        { id: "old", status: "Enabled", filter: { prefix: "tmp/" }, expiration: { days: 1 } },
      ],
    });
    await world.advance(3600);
    await world.put("tmp/a", "b");
    const events = world.trace.entries.length;
    await world.advance(2 * 86_400 - 3601);
    expect(await world.keys()).to.deep.equal(["b", "tmp/a"]);
    await world.advance(1);
    expect(await world.keys()).to.deep.equal(["b"]);
    expect(world.trace.entries.length).to.equal(events);
  });

  it("is deleted when empty, or by force", async () => {
    const world = new BucketWorld();
    await world.put("a");
    expect(await refusal(() => world.destroy(world.bucket))).to.equal(
      "BucketNotEmpty: The bucket box is not empty. Empty it, or set forceDestroy.",
    );
    const forced = world.update(world.bucket, { bucket: "box", forceDestroy: true });
    world.destroy(forced);
    expect(world.services.s3.remaining()).to.deep.equal([]);
  });

  it("refuses what is not modelled", async () => {
    const world = new BucketWorld();
    expect(await refusal(() => world.s3("GetObject", { Key: "a", Range: "bytes=0-1" }))).to.match(
      /^NotModelledError: s3:GetObject: the parameter Range is not modelled/,
    );
    const [problem] = world.problems("aws:s3/bucketVersioning:BucketVersioning", "versions", {
      bucket: "box",
      versioningConfiguration: { status: "Enabled" },
    });
    expect(problem).to.match(/must be Disabled or Suspended: versions of objects are not modelled/);
  });
});
