/** What package.json lists as dependencies, all of which Pulumi would upload with every function. */
const PACKAGES = [
  "@aws-lambda-powertools/idempotency",
  "@aws-sdk/client-dynamodb",
  "@aws-sdk/client-eventbridge",
  "@aws-sdk/client-lambda",
  "@aws-sdk/client-sqs",
  "@aws-sdk/lib-dynamodb",
  "cockatiel",
] as const;

/** What one function needs that package.json lists for development: uploaded with it because it is asked for. */
const ASKED_FOR = ["@aws-sdk/client-kinesis", "@aws-sdk/client-s3"] as const;

export type PackageName = (typeof PACKAGES)[number] | (typeof ASKED_FOR)[number];

/** Which packages go with a function: those that it needs, and no others. */
export function packing(needed: readonly PackageName[]): {
  readonly extraExcludePackages: string[];
  readonly extraIncludePackages?: string[];
} {
  const unneeded = [...PACKAGES, ...ASKED_FOR].filter((name) => !needed.includes(name));
  const asked = ASKED_FOR.filter((name) => needed.includes(name));
  return {
    extraExcludePackages: unneeded,
    ...(asked.length > 0 && { extraIncludePackages: asked }),
  };
}
