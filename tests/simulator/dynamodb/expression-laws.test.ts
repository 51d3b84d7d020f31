import { expect } from "chai";
import fc from "fast-check";
import type { AttributeValue } from "../../../simulator/services/dynamodb/service";
import { add, canonicalNumber, compareNumbers } from "../../../simulator/services/dynamodb/numbers";
import { compareTexts } from "../../../simulator/services/dynamodb/attribute-values";
import { thrown, World } from "./world";

describe("DynamoDB values, as laws", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.table();
  });

  const decimal = fc
    .tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.integer({ min: -40, max: 40 }))
    .map(([digits, exponent]) => `${digits}e${exponent}`);

  it("canonical numbers stay as they are and keep their value", () => {
    fc.assert(
      fc.property(decimal, (text) => {
        const canonical = canonicalNumber(text);
        expect(canonicalNumber(canonical)).to.equal(canonical);
        expect(Number(canonical)).to.equal(Number(text));
      }),
    );
  });

  it("sums do not depend on the order of the additions", () => {
    const integer = fc.bigInt({ min: -(10n ** 36n), max: 10n ** 36n });
    fc.assert(
      fc.property(fc.array(integer, { maxLength: 50 }), (terms) => {
        const expected = String(terms.reduce((sum, term) => sum + term, 0n));
        const folded = (all: bigint[]) => all.reduce((sum, term) => add(sum, String(term)), "0");
        expect(folded(terms)).to.equal(expected);
        expect(folded([...terms].reverse())).to.equal(expected);
      }),
    );
  });

  it("numbers compare by value, texts by their UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        expect(Math.sign(compareNumbers(String(a), String(b)))).to.equal(Math.sign(a - b));
      }),
    );
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareTexts(a, b))).to.equal(bytes);
      }),
    );
  });

  it("a value set is a value read, and equals itself in a condition", () => {
    const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string().map((S) => ({ S })),
        fc.integer().map((n) => ({ N: String(n) })),
        fc.boolean().map((BOOL) => ({ BOOL })),
        fc.uniqueArray(fc.string(), { minLength: 1 }).map((SS) => ({ SS })),
        fc.array(tie("value"), { maxLength: 3 }).map((L) => ({ L: L as AttributeValue[] })),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie("value"), { maxKeys: 3 }).map((M) => ({
          M: { ...(M as Record<string, AttributeValue>) },
        })),
      ),
    }));
    fc.assert(
      fc.property(value, (v) => {
        const values = { ExpressionAttributeValues: { ":v": v } };
        world.update("law", "SET v = :v", values);
        expect(world.get("law")!["v"]).to.deep.equal(v);
        world.update("law", "SET w = :v", { ...values, ConditionExpression: "v = :v" });
        const other = { ...values, ConditionExpression: "v <> :v" };
        expect(thrown(() => world.update("law", "SET w = :v", other)).name).to.equal(
          "ConditionalCheckFailedException",
        );
      }),
    );
  });
});
