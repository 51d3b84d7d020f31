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

export type PackageName = (typeof PACKAGES)[number];

export function excludingAllBut(needed: readonly PackageName[]): string[] {
  return PACKAGES.filter((name) => !needed.includes(name));
}
