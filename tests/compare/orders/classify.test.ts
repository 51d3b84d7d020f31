import { expect } from "chai";
import { Judge, type Evidence, type JudgedIntent } from "../../../compare/orders/classify";
import type { Consumer } from "../../../compare/orders/order-events";
import type { Intent } from "../../../compare/orders/workload";

type Statuses = readonly (number | undefined)[];

/** What is known of one intent with one order, "O", unless more is said. */
interface Known {
  readonly kind?: Intent["kind"];
  readonly statuses?: Statuses;
  readonly orders?: readonly string[];
  readonly process?: Readonly<Record<string, number>>;
  readonly inventory?: Readonly<Record<string, number>>;
  readonly dead?: readonly [Consumer, string][];
  readonly waiting?: readonly [Consumer, string][];
  readonly unpublished?: readonly string[];
  /** Another intent, of which the first has the key, and what its client was answered. */
  readonly others?: readonly { readonly reuses?: number; readonly statuses: Statuses }[];
}

const intentOf = (index: number, kind: Intent["kind"], reuses?: number): Intent => ({
  index,
  customerId: `c${index}`,
  key: "k",
  body: "{}",
  kind,
  items: [],
  sendsAtMs: [0],
  ...(reuses !== undefined && { reuses }),
});

function evidenceOf(known: Known): Evidence {
  const { dead = [], kind = "order", orders = ["O"], others = [], statuses = [202] } = known;
  const effects = (times: Readonly<Record<string, number>> = {}) =>
    new Map(Object.entries(times).map(([order, n]) => [order, { times: n, firstMs: 1 }]));
  const waiting = (consumer: Consumer): Set<string> =>
    new Set((known.waiting ?? []).filter(([who]) => who === consumer).map(([, order]) => order));
  const sending = (intent: number, answered: Statuses) => ({
    intent,
    attempts: answered.map((status) => ({ startedAtMs: 0, status, orderId: undefined })),
  });
  return {
    workload: {
      intents: [
        intentOf(0, kind, kind === "reused-key" ? 1 : undefined),
        ...others.map(({ reuses }, at) =>
          intentOf(at + 1, reuses === undefined ? "order" : "reused-key", reuses),
        ),
      ],
      poison: [],
      stock: new Map(),
    },
    sendings: [sending(0, statuses), ...others.map((other, at) => sending(at + 1, other.statuses))],
    index: {
      ofIntent: [orders, ...others.map(() => [])],
      unpublished: new Set(known.unpublished),
    },
    effects: {
      process: effects(known.process),
      inventory: effects(known.inventory),
      taken: new Map(),
    },
    letters: dead.map(([consumer, orderId]) => ({
      consumer,
      told: { orderId, customerId: "c0" },
      end: "receiveCount",
      invoked: true,
    })),
    deliverable: { process: waiting("process"), inventory: waiting("inventory") },
  };
}

const judged = (known: Known): JudgedIntent => new Judge(evidenceOf(known)).intent(0);
const once = { process: { O: 1 }, inventory: { O: 1 } };

describe("what became of an order", () => {
  const cases: readonly [string, Known, JudgedIntent["class"]][] = [
    ["both effects", once, "processed"],
    [
      "one effect, and the other's event in a dead letter",
      { process: { O: 1 }, dead: [["inventory", "O"]] },
      "deadLettered.good",
    ],
    ["one effect, and the other's event gone", { process: { O: 1 } }, "lost"],
    ["one event in a dead letter, and the other gone", { dead: [["inventory", "O"]] }, "lost"],
    ["a message in the queue", { process: { O: 1 }, waiting: [["inventory", "O"]] }, "pending"],
    [
      "a dead letter and a message",
      { dead: [["process", "O"]], waiting: [["inventory", "O"]] },
      "deadLettered.good",
    ],
    ["a row that is not published", { unpublished: ["O"] }, "pending"],
    ["nothing, though accepted", {}, "lost"],
    ["nothing, though accepted, not even an order", { orders: [] }, "lost"],
    ["nothing, and refused", { statuses: [500, undefined], orders: [] }, "refused"],
    ["nothing, and refused after an id was drawn", { statuses: [500] }, "refused"],
    ["both effects, though refused", { ...once, statuses: [500] }, "processed"],
    ["half of it, though refused", { process: { O: 1 }, statuses: [undefined] }, "lost"],
    [
      "an invalid one that was refused",
      { kind: "invalid", statuses: [400], orders: [] },
      "invalid",
    ],
    ["two orders, of which one got through", { ...once, orders: ["P", "O"] }, "processed"],
    [
      "two orders, of which one is kept",
      {
        orders: ["P", "O"],
        dead: [
          ["process", "O"],
          ["inventory", "O"],
        ],
      },
      "deadLettered.good",
    ],
  ];
  for (const [name, known, expected] of cases) {
    it(`${expected}: ${name}`, () => expect(judged(known).class).to.equal(expected));
  }

  it("is had twice if an effect is, in one order or in two", () => {
    expect(judged(once).isTwice).to.equal(false);
    expect(judged({ ...once, inventory: { O: 2 } }).isTwice).to.equal(true);
    const two = { process: { O: 1, P: 1 }, inventory: { O: 1 }, orders: ["O", "P"] };
    expect(judged(two).isTwice).to.equal(true);
  });

  it("may be in a dead letter although it was done", () => {
    expect(judged({ ...once, dead: [["process", "O"]] }).isDeadThoughDone).to.equal(true);
    expect(judged({ ...once, dead: [["process", "P"]] }).isDeadThoughDone).to.equal(false);
  });
});

describe("what clients are told", () => {
  const wrong = (known: Known): boolean => judged(known).isAnsweredWrongly;

  it("is right if they are told of success or failure as it is", () => {
    expect(wrong(once)).to.equal(false);
    expect(wrong({ ...once, statuses: [undefined, 500, 202] })).to.equal(false);
    expect(wrong({ statuses: [429, 429], orders: [] })).to.equal(false);
    expect(wrong({ kind: "invalid", statuses: [400], orders: [] })).to.equal(false);
  });

  it("is wrong if a processed order failed, an invalid one did not, or a right one is called wrong", () => {
    expect(wrong({ ...once, statuses: [502, 500] })).to.equal(true);
    expect(wrong({ ...once, statuses: [undefined] })).to.equal(true);
    expect(wrong({ kind: "invalid", statuses: [202] })).to.equal(true);
    expect(wrong({ statuses: [400], orders: [] })).to.equal(true);
    expect(wrong({ statuses: [422], orders: [] })).to.equal(true);
  });

  it("depends, for a used key, on whether its first order was accepted", () => {
    const reused = { kind: "reused-key" } as const;
    expect(
      wrong({ ...reused, statuses: [422], orders: [], others: [{ statuses: [202] }] }),
    ).to.equal(false);
    expect(wrong({ ...reused, statuses: [202], others: [{ statuses: [202] }] })).to.equal(true);
    expect(wrong({ ...reused, statuses: [202], others: [{ statuses: [429] }] })).to.equal(false);
    // The other way round: who came first was refused, and finds the key taken when it comes again.
    const taken = { statuses: [429, 422], orders: [], others: [{ reuses: 0, statuses: [202] }] };
    expect(wrong(taken)).to.equal(false);
  });
});

describe("what became of an event that nothing can process", () => {
  const poison = (known: Known) => new Judge(evidenceOf({ orders: [], ...known })).poison("O");

  it("is kept if both copies are, lost if one is gone, else on its way", () => {
    expect(
      poison({
        dead: [
          ["process", "O"],
          ["inventory", "O"],
        ],
      }),
    ).to.equal("deadLettered.bad");
    expect(poison({ dead: [["process", "O"]] })).to.equal("lost");
    expect(poison({ dead: [["process", "O"]], waiting: [["inventory", "O"]] })).to.equal("pending");
  });
});
