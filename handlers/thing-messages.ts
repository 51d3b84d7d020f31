import { failure } from "./failure";

/**
 * What a row of the error lab does to its consumer. `aa-OK` is fine, but its dependency may time out; `aa-badformat`
 * cannot be parsed; `aa-infra` meets an infrastructure error, which may pass.
 */
export type ThingId = "aa-OK" | "aa-badformat" | "aa-infra";

/** What a producer puts on the error lab's stream, as JSON in a Kinesis record's data. */
export interface ThingRow {
  readonly thing_id: ThingId;
  /** The row, however often it is put on the stream. 1 to 64 characters. */
  readonly row_id: string;
  /** Anything else; the consumer does not look at it. */
  readonly reading?: number;
}

/** The text of a row. That of `aa-badformat` breaks off; its row is to be recognised all the same, by people. */
export function thingText(row: ThingRow): string {
  const text = JSON.stringify(row);
  return row.thing_id === "aa-badformat" ? `${text.slice(0, -1)},"reading":` : text;
}

/** What the consumer goes by. */
export type Thing = Pick<ThingRow, "row_id"> & {
  readonly thing_id: Exclude<ThingId, "aa-badformat">;
};

/**
 * Reads the data of a Kinesis record (base64).
 *
 * @throws Error with code `UNPARSABLE_THING`; it never quotes the payload
 */
export type ReadThing = (data: string) => Thing;

/** Made once per environment: a serialized function of ours at module level is made anew at each call. */
export function createReadThing(): ReadThing {
  const parse = JSON.parse;
  const unparsable = (message: string): Error => failure("UNPARSABLE_THING", message);

  return (data) => {
    let row: Partial<ThingRow> | null;
    try {
      row = parse(Buffer.from(data, "base64").toString("utf8")) as Partial<ThingRow> | null;
    } catch {
      throw unparsable("The record's data is not JSON.");
    }
    const { row_id, thing_id } = row ?? {};
    if (typeof row_id !== "string" || row_id === "" || row_id.length > 64) {
      throw unparsable("The row's row_id is not a string of 1 to 64 characters.");
    }
    if (thing_id !== "aa-OK" && thing_id !== "aa-infra") {
      throw unparsable("The row's thing_id is none that is known.");
    }
    return { row_id, thing_id };
  };
}
