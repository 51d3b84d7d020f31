import * as aws from "@pulumi/aws";

/** A table of items by `id`, paid by the request. */
export function itemsTable(): aws.dynamodb.Table {
  return new aws.dynamodb.Table("items", {
    attributes: [{ name: "id", type: "S" }],
    hashKey: "id",
    billingMode: "PAY_PER_REQUEST",
  });
}
