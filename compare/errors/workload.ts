import type { ThingId } from "../../handlers/thing-messages";
import type { Fault } from "../account";

/** One row that the producer has, whether it is on the stream once or more often. */
export interface ProducedThing {
  /** Its position among all rows. */
  readonly index: number;
  readonly thingId: ThingId;
  /** The text of each of its records. */
  readonly data: string;
}

/** Records that are sent in one PutRecords call. */
export interface ThingPut {
  /** After the run's start, in milliseconds. */
  readonly atMs: number;
  readonly things: readonly ProducedThing[];
}

/** What a run is fed with, and what goes wrong meanwhile. It depends on its settings and seed alone. */
export interface ThingWorkload {
  readonly puts: readonly ThingPut[];
  readonly things: readonly ProducedThing[];
  /** Records that are on the stream beyond one of each row. */
  readonly copies: number;
  readonly faults: readonly Fault[];
}
