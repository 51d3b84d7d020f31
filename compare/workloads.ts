/** What the comparison knows to feed, and the system of the program that each is for. */
export const SYSTEM_OF = {
  burst: "aggregation",
  poison: "aggregation",
  orders: "orders",
  trips: "windows",
  errors: "errorlab",
} as const;

export type WorkloadName = keyof typeof SYSTEM_OF;
export type SystemName = (typeof SYSTEM_OF)[WorkloadName];

export const WORKLOAD_NAMES = Object.keys(SYSTEM_OF) as [WorkloadName, ...WorkloadName[]];

/** What is compared if nothing is said. The others are asked for by name. */
export const DEFAULT_WORKLOADS: readonly WorkloadName[] = ["burst", "poison", "orders"];

/** What can be set about workloads. Each looks at what concerns it. */
export interface WorkloadSettings {
  /** `burst`, `poison`: records put on the stream, copies included. */
  readonly messages: number;
  /** `orders`: what clients want to order, invalid wishes included. */
  readonly orders: number;
  /** `trips`: trips that begin, unclean ones included. Of a file, the first so many. */
  readonly trips: number;
  /** `trips`: a CSV file that they are read from. @default none: generated */
  readonly tripsFile?: string;
  /** `trips`: share of the producer's puts that it sends again, in percent. */
  readonly resendPercent: number;
  /** `errors`: rows that the producer has. */
  readonly things: number;
  /** Failing share of each function's invocations, in percent. */
  readonly failPercent: {
    readonly state: number;
    readonly map: number;
    readonly reduce: number;
    /** Half of them before anything is done, half after the effect. */
    readonly process: number;
    /** Half of them after the effect, half by going on beyond the timeout. */
    readonly inventory: number;
  };
  /** `trips`, `errors`: the same of their consumer, in equal parts of every way in which it can fail. */
  readonly failConsumerPercent: number;
  /** `poison`: records that nothing can decode; `orders`: events that no consumer can process. */
  readonly poisonRecords: number;
  /** `poison`: how often State is refused the write of three further records. */
  readonly poisonAttempts: number;
}

export const DEFAULT_SETTINGS: WorkloadSettings = {
  messages: 10_000,
  orders: 2_000,
  trips: 20_000,
  resendPercent: 1,
  things: 100,
  failPercent: { state: 5, map: 10, reduce: 10, process: 5, inventory: 5 },
  failConsumerPercent: 5,
  poisonRecords: 3,
  poisonAttempts: 4,
};

/** Every run begins at this virtual instant, so that records and faults can name their times. */
export const START_AT = "2026-01-01T00:00:00Z";
export const START_AT_MS = Date.UTC(2026, 0, 1);
