import { expect } from "chai";
import * as fc from "fast-check";
import type { AttributeValue, Item } from "../../../simulator/services/dynamodb/attribute-values";
import { TableStream } from "../../../simulator/services/dynamodb/table-stream";

/** Values whose JSON is long for what DynamoDB counts: escaped characters, empty texts, deep nesting. */
const value: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: fc.constantFrom("\u0000", "a", "\\", "é") }).map((S) => ({ S })),
    fc.integer().map((n) => ({ N: String(n) })),
    fc.constant({ NULL: true } as AttributeValue),
    fc.boolean().map((BOOL) => ({ BOOL })),
    fc.uint8Array().map((B) => ({ B })),
    fc.array(tie("value")).map((L) => ({ L }) as AttributeValue),
    fc.dictionary(fc.string(), tie("value")).map((M) => ({ M }) as AttributeValue),
  ),
})).value;

/** So many of them that what surrounds them makes no difference. */
const item: fc.Arbitrary<Item> = value.map((each) => ({
  ab: { L: Array.from({ length: 1_000 }, () => each) },
}));

describe("the size of a stream record", () => {
  it("never exceeds the bound that is known without making the event", () => {
    fc.assert(
      fc.property(item, item, (before, after) => {
        const arn = "arn:aws:dynamodb:us-east-1:123456789012:table/items-7c2928b/stream/1";
        const stream = new TableStream(arn, "1", "NEW_AND_OLD_IMAGES", "us-east-1", 1);
        const key: Item = { id: { S: "k" } };
        stream.append({
          ...{ partitionHash: 0, itemId: "k", key, before, after },
          ...{ atMs: 1_767_225_600_000, expired: true },
        });
        const [record] = stream.shards[0]!.records;
        expect(record!.payloadBytes).to.be.at.most(record!.payloadBytesBound);
      }),
      { numRuns: 100 },
    );
  });
});
