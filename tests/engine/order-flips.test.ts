import { ORDER_STRATEGIES, walk } from "./order-walk";

describe("flips of the order fan-out, by the engine", function () {
  this.timeout(3_600_000);

  it("from the recommended strategy to each other and back: no stream, table, bucket or standard queue is replaced, no order lost or done twice", async () => {
    const [recommended, ...others] = ORDER_STRATEGIES as [string, ...string[]];
    await walk([recommended, ...others.flatMap((other) => [other, recommended])]);
  });
});
