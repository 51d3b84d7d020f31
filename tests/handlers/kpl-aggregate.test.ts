import { createHash } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import {
  createAggregateReader,
  packAggregate,
  type UserRecord,
} from "../../handlers/kpl-aggregate";

const { isAggregate, unpack } = createAggregateReader();

const text = (value: string): Uint8Array => Buffer.from(value);

/** Wraps a protobuf message, given in hex, as the Kinesis Producer Library does. */
function wrapped(hex: string): Uint8Array {
  const message = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const checksum = createHash("md5").update(message).digest();
  return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, checksum]);
}

describe("Aggregated records", () => {
  // One record, key "partition_key", data "data": the example in the documentation of ExKpl, another implementation.
  const EXAMPLE = Buffer.from([
    243, 137, 154, 194, 10, 13, 112, 97, 114, 116, 105, 116, 105, 111, 110, 95, 107, 101, 121, 26,
    8, 8, 0, 26, 4, 100, 97, 116, 97, 208, 54, 153, 218, 90, 34, 47, 163, 33, 8, 173, 27, 217, 85,
    161, 78,
  ]);

  it("are what another implementation makes of the same record", () => {
    const packed = packAggregate([{ partitionKey: "partition_key", data: text("data") }]);
    expect([...packed]).to.deep.equal([...EXAMPLE]);
    const [record] = unpack(EXAMPLE);
    expect(record!.partitionKey).to.equal("partition_key");
    expect(Buffer.from(record!.data).toString()).to.equal("data");
  });

  it("come out as they went in, each key stored once (property)", () => {
    const records: fc.Arbitrary<UserRecord[]> = fc.array(
      fc
        .record({
          partitionKey: fc.constantFrom("a", "b", "ключ"),
          data: fc.uint8Array({ maxLength: 300 }),
          explicitHashKey: fc.option(
            fc.constantFrom("0", "340282366920938463463374607431768211455"),
            {
              nil: undefined,
            },
          ),
        })
        .map(({ explicitHashKey, ...rest }) =>
          explicitHashKey === undefined ? rest : { ...rest, explicitHashKey },
        ),
      { minLength: 1, maxLength: 200 },
    );
    fc.assert(
      fc.property(records, (wanted) => {
        const packed = packAggregate(wanted);
        expect(isAggregate(packed)).to.equal(true);
        const found = unpack(packed).map(({ data, ...rest }) => ({ ...rest, data: [...data] }));
        expect(found).to.deep.equal(
          wanted.map(({ data, ...rest }) => ({ ...rest, data: [...data] })),
        );
      }),
      { numRuns: 50 },
    );
  });

  it("never pass for whole with one bit changed (property)", () => {
    const packed = packAggregate([
      { partitionKey: "a", data: text("one") },
      { partitionKey: "b", data: text("two") },
    ]);
    fc.assert(
      fc.property(fc.nat(packed.length * 8 - 1), (bit) => {
        const changed = Uint8Array.from(packed);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        if (bit < 32) expect(isAggregate(changed)).to.equal(false);
        else
          expect(() => unpack(changed))
            .to.throw()
            .with.property("code", "CORRUPT_AGGREGATE");
      }),
    );
  });

  it("fail with a code and nothing else, whatever follows the magic bytes (property)", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          unpack(wrapped(Buffer.from(bytes).toString("hex")));
        } catch (error) {
          expect(error).to.have.property("code", "CORRUPT_AGGREGATE");
        }
      }),
    );
  });

  it("may have tags and fields of a later version, which are skipped", () => {
    // key table "a"; record { 1: 0, 3: "x", 4: tag }; unknown fields 9 (varint), 10 (64 bit), 11 (32 bit).
    const bytes = wrapped("0a0161 1a0a 0800 1a0178 22030a0174 4801 510000000000000000 5d00000000");
    expect(unpack(bytes)).to.have.length(1);
  });

  for (const [title, hex] of [
    ["a key that the table does not hold", "0a0161 1a05 0801 1a0178"],
    ["a record without data", "0a0161 1a02 0800"],
    ["a length beyond the end", "0a7f61"],
    ["a number without an end", "08ffffffffffffffffffffff01"],
    ["a field of a type that there is not", "0f"],
  ] as const) {
    it(`are corrupt with ${title}, although the checksum matches`, () => {
      expect(() => unpack(wrapped(hex)))
        .to.throw()
        .with.property("code", "CORRUPT_AGGREGATE");
    });
  }

  it("are not what is shorter than magic and checksum", () => {
    expect(() => unpack(Buffer.from([0xf3, 0x89, 0x9a, 0xc2, 0])))
      .to.throw("too short")
      .with.property("code", "CORRUPT_AGGREGATE");
    expect(isAggregate(Buffer.from([0xf3]))).to.equal(false);
    expect(isAggregate(text('{"trip_id":"1"}'))).to.equal(false);
  });
});
