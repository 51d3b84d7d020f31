import { z } from "zod";
import { harmless, harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition } from "../service";
import type { Account } from "../account";
import { bucketArn } from "./service";

const bucketSchema = z.strictObject({
  bucket: z.string().min(3).max(63).toLowerCase(),
  bucketPrefix: z.string().optional(),
  forceDestroy: z.boolean().default(false),
  ...harmlessEverywhere,
});

type BucketInputs = z.infer<typeof bucketSchema>;

const bucket: ResourceDefinition<BucketInputs> = {
  type: "aws:s3/bucket:Bucket",
  schema: bucketSchema,
  nameProperty: "bucket",
  replaceOn: ["bucket"],
  plan(inputs, { region }) {
    const { bucket: name } = inputs;
    return {
      id: name,
      outputs: {
        ...inputs,
        arn: bucketArn(name),
        region,
        bucketDomainName: `${name}.s3.amazonaws.com`,
        bucketRegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
      },
    };
  },
  create: ({ id }, { services }) => services.s3.createBucket(id),
  update: () => {},
  delete: ({ id, inputs }, { services }) => services.s3.deleteBucket(id, inputs.forceDestroy),
};

const policySchema = z.strictObject({ bucket: z.string(), policy: z.string() });

type PolicyInputs = z.infer<typeof policySchema>;

const policy: ResourceDefinition<PolicyInputs> = {
  type: "aws:s3/bucketPolicy:BucketPolicy",
  schema: policySchema,
  replaceOn: ["bucket"],
  plan: (inputs) => ({ id: inputs.bucket, outputs: { ...inputs } }),
  create: putPolicy,
  update: (resource, _previous, account) => putPolicy(resource, account),
  delete: ({ id }, { services }) => services.iam.putResourcePolicy(bucketArn(id), undefined),
};

function putPolicy({ id, inputs }: Resource<PolicyInputs>, { services }: Account): void {
  services.iam.putResourcePolicy(bucketArn(id), inputs.policy);
}

/** Settings of a bucket that change nothing for callers inside the account. */
function setting(type: string, properties: readonly string[], why: string): ResourceDefinition {
  const shape = Object.fromEntries(properties.map((property) => [property, harmless(why)]));
  return {
    type,
    schema: z.strictObject({ bucket: z.string(), ...shape }),
    replaceOn: ["bucket"],
    plan: (inputs: { bucket: string }) => ({ id: inputs.bucket, outputs: { ...inputs } }),
    create: () => {},
    update: () => {},
    delete: () => {},
  };
}

export const s3Resources = [
  bucket,
  policy,
  setting(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"],
    "there is nobody outside the account",
  ),
  setting("aws:s3/bucketOwnershipControls:BucketOwnershipControls", ["rule"], "there is one owner"),
  setting(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    ["rules", "expectedBucketOwner"],
    "encryption does not change behaviour",
  ),
] as unknown as ResourceDefinition[];
