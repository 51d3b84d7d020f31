/** What package.json lists as dependencies, all of which Pulumi would upload with every function. */
export const PACKAGES = [
  "@aws-lambda-powertools/idempotency",
  "@aws-sdk/client-dynamodb",
  "@aws-sdk/client-eventbridge",
  "@aws-sdk/client-lambda",
  "@aws-sdk/client-sqs",
  "@aws-sdk/lib-dynamodb",
  "cockatiel",
] as const;

/** What the error lab needs that package.json lists for development: uploaded because it is asked for. */
export const PACKAGES_OF_ERROR_LAB = ["@aws-sdk/client-kinesis", "@aws-sdk/client-s3"] as const;

export type PackageName = (typeof PACKAGES)[number] | (typeof PACKAGES_OF_ERROR_LAB)[number];

/** Which packages go with a function: those that it needs, and no others. */
export function packing(needed: readonly PackageName[]): {
  readonly extraExcludePackages: string[];
  readonly extraIncludePackages?: string[];
} {
  const unneeded = [...PACKAGES, ...PACKAGES_OF_ERROR_LAB].filter((name) => !needed.includes(name));
  const asked = PACKAGES_OF_ERROR_LAB.filter((name) => needed.includes(name));
  return {
    extraExcludePackages: unneeded,
    ...(asked.length > 0 && { extraIncludePackages: asked }),
  };
}
