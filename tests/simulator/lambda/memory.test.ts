import * as path from "node:path";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { expect } from "chai";
import { synthesize } from "../../../simulator";

const ROOT = path.join(__dirname, "..", "..", "..");

describe("A function's memory", function () {
  this.timeout(60_000);

  /** How long the payment function computes, which does nothing else, in ms. */
  async function computingMs(memorySize: number, memory: "none" | "cpu-share"): Promise<number> {
    const config = { "redrive:systems": ["orders"], "redrive:orders": { payment: { memorySize } } };
    const deployment = await synthesize(ROOT, { config });
    const assumptions = { "latency.recordUs": 100_000, "latency.memory": memory };
    const account = await deployment.start({ assumptions });
    const FunctionName = String(account.outputs["ordersPaymentFunctionName"]);
    const Payload = Buffer.from('{"orderId":"ORD-00000001"}');
    await account.client(LambdaClient).send(new InvokeCommand({ FunctionName, Payload }));
    const [invocation] = account.invocations("orders-payment");
    return Number(/\tDuration: (\d+)/.exec(invocation!.logs.at(-1)!)![1]);
  }

  it("changes nothing about its time (assumption latency.memory: none)", async () => {
    expect(await computingMs(128, "none")).to.equal(100);
    expect(await computingMs(1_769, "none")).to.equal(100);
  });

  it("is its share of a CPU, and one CPU at most (cpu-share)", async () => {
    expect(await computingMs(128, "cpu-share")).to.equal(1_383);
    expect(await computingMs(1_769, "cpu-share")).to.equal(100);
    expect(await computingMs(10_240, "cpu-share")).to.equal(100);
  });
});
