import { z } from "zod";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import { policySchema } from "../iam/policy";
import { harmless, harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition } from "../service";
import type { ExpiryRule } from "./bucket";
import { bucketArn } from "./service";

const bucketSchema = z.strictObject({
  ...harmlessEverywhere,
  // Autonaming lower-cases bucket names.
  bucket: z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
      error: "must be 3 to 63 lower-case letters, digits, dots or hyphens",
    }),
  bucketPrefix: z.string().optional(),
  forceDestroy: z.boolean().default(false),
});
type BucketInputs = z.infer<typeof bucketSchema>;

const bucket = (type: string): ResourceDefinition<BucketInputs> => ({
  type,
  schema: bucketSchema,
  nameProperty: "bucket",
  replaceOn: ["bucket", "bucketPrefix"],
  plan: (inputs, { region }) => {
    const { bucket: name } = inputs;
    const outputs = {
      ...inputs,
      arn: bucketArn(name),
      region,
      bucketRegion: region,
      bucketDomainName: `${name}.s3.amazonaws.com`,
      bucketRegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
    };
    return { id: name, outputs };
  },
  create: ({ id }, { services }) => services.s3.createBucket(id),
  update: () => {},
  delete: ({ id, inputs }, { services }) => services.s3.deleteBucket(id, inputs.forceDestroy),
});

const bucketPolicySchema = z.strictObject({
  bucket: z.string(),
  policy: policySchema("resource"),
});
type BucketPolicyInputs = z.infer<typeof bucketPolicySchema>;

const bucketPolicy: ResourceDefinition<BucketPolicyInputs> = {
  type: "aws:s3/bucketPolicy:BucketPolicy",
  schema: bucketPolicySchema,
  replaceOn: ["bucket"],
  plan: (inputs) => ({ id: inputs.bucket, outputs: { ...inputs } }),
  create: putPolicy,
  update: (resource, _previous, account) => putPolicy(resource, account),
  delete: ({ id }, { services }) => services.iam.putResourcePolicy(bucketArn(id), undefined),
};

function putPolicy({ id, inputs }: Resource<BucketPolicyInputs>, account: Account): void {
  existing(id, account);
  account.services.iam.putResourcePolicy(bucketArn(id), inputs.policy);
}

const NO_VERSIONS = "there are no versions and no multipart uploads here";

const expiryRuleSchema = z.strictObject({
  id: z.string(),
  status: z.enum(["Enabled", "Disabled"], { error: "must be Enabled or Disabled" }),
  filter: z.strictObject({ prefix: z.string().optional() }).optional(),
  prefix: z.string().optional(),
  expiration: z.strictObject({ days: z.number().int().min(1) }).optional(),
  abortIncompleteMultipartUpload: harmless(NO_VERSIONS),
  noncurrentVersionExpiration: harmless(NO_VERSIONS),
});

const lifecycleSchema = z.strictObject({
  bucket: z.string(),
  rules: z.array(expiryRuleSchema).default([]),
  expectedBucketOwner: harmless("there is one owner"),
  transitionDefaultMinimumObjectSize: harmless("transitions are not modelled"),
});
type LifecycleInputs = z.infer<typeof lifecycleSchema>;

const lifecycle: ResourceDefinition<LifecycleInputs> = {
  type: "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
  schema: lifecycleSchema,
  replaceOn: ["bucket"],
  plan: (inputs) => ({ id: inputs.bucket, outputs: { ...inputs } }),
  create: putLifecycle,
  update: (resource, _previous, account) => putLifecycle(resource, account),
  delete: ({ id }, { services }) => {
    const found = services.s3.find(id);
    if (found) found.expiryRules = [];
  },
};

function putLifecycle({ id, inputs }: Resource<LifecycleInputs>, account: Account): void {
  const expiryRules: ExpiryRule[] = [];
  for (const { expiration, filter, prefix, status } of inputs.rules) {
    if (status === "Disabled" || !expiration) continue;
    expiryRules.push({ prefix: filter?.prefix ?? prefix ?? "", days: expiration.days });
  }
  existing(id, account).expiryRules = expiryRules;
}

/** Settings of a bucket that change nothing for callers inside the account. */
function setting(type: string, shape: Readonly<Record<string, z.ZodType>>): ResourceDefinition {
  return {
    type,
    schema: z.strictObject({ bucket: z.string(), ...shape }),
    replaceOn: ["bucket"],
    plan: (inputs: { bucket: string }) => ({ id: inputs.bucket, outputs: { ...inputs } }),
    create: ({ id }, account) => void existing(id, account),
    update: () => {},
    delete: () => {},
  };
}

function existing(name: string, { services }: Account) {
  const found = services.s3.find(name);
  if (found) return found;
  const message = `The specified bucket does not exist: ${name}`;
  throw new ServiceError("NoSuchBucket", message, { statusCode: 404 });
}

const NOBODY_OUTSIDE = "there is nobody outside the account";

const publicAccessBlock = setting("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {
  blockPublicAcls: harmless(NOBODY_OUTSIDE),
  blockPublicPolicy: harmless(NOBODY_OUTSIDE),
  ignorePublicAcls: harmless(NOBODY_OUTSIDE),
  restrictPublicBuckets: harmless(NOBODY_OUTSIDE),
  skipDestroy: harmless(NOBODY_OUTSIDE),
});

const ownershipControls = setting("aws:s3/bucketOwnershipControls:BucketOwnershipControls", {
  rule: harmless("there is one owner"),
});

const encryption = (type: string): ResourceDefinition =>
  setting(type, {
    rules: harmless("objects are kept as they are"),
    expectedBucketOwner: harmless("there is one owner"),
  });

const versioning = setting("aws:s3/bucketVersioning:BucketVersioning", {
  versioningConfiguration: z.strictObject({
    status: z.enum(["Disabled", "Suspended"], {
      error: "must be Disabled or Suspended: versions of objects are not modelled",
    }),
    mfaDelete: z.literal("Disabled").optional(),
  }),
  expectedBucketOwner: harmless("there is one owner"),
});

/** Buckets. Versions, replication, notifications and transitions are not modelled. */
export const s3Resources = [
  bucket("aws:s3/bucket:Bucket"),
  bucket("aws:s3/bucketV2:BucketV2"),
  bucketPolicy,
  lifecycle,
  publicAccessBlock,
  ownershipControls,
  versioning,
  encryption(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  ),
  encryption(
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
  ),
];
