import { ORDER_STRATEGIES, walk } from "../order-walk";
import { tourOf } from "../tour";

describe("all flips of the order fan-out, by the engine", function () {
  this.timeout(7_200_000);

  it("from each strategy to each other: no stream, table, bucket or standard queue is replaced, no order lost or done twice", async () => {
    await walk(tourOf(ORDER_STRATEGIES));
  });
});
