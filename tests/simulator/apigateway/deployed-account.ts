import { SimulatedAccount } from "../../../simulator/account";
import { catalogue } from "../../../simulator/deploy/catalogue";
import type { HttpResponse, Program } from "../../../simulator";
import { synthesize } from "../../../simulator";
import type { AssumptionValues } from "../../../simulator/assumptions";

/** A deployed program with the account's services in reach: for what the public face does not show. */
export interface DeployedAccount {
  readonly account: SimulatedAccount;
  /** Sends all of them at once, each `GET /path` or `POST /path`, to the stage that the program calls `url`. */
  request(...sent: readonly { what: string; body?: string }[]): Promise<HttpResponse[]>;
}

export async function deployed(
  program: Program,
  assumptions: AssumptionValues = {},
): Promise<DeployedAccount> {
  const { synthesis } = await synthesize(program);
  const definitions = new Map(catalogue.resources.map((each) => [each.type, each]));
  const options = { seed: 1, assumptions, faults: [], startAtMs: Date.UTC(2026, 0, 1) };
  const account = new SimulatedAccount(synthesis.target, options, definitions);
  account.deploy(synthesis);
  const request: DeployedAccount["request"] = async (...sent) => {
    let open = sent.length;
    const answers = sent.map(async ({ body, what }) => {
      const [method = "", path = ""] = what.split(" ");
      const url = `${String(synthesis.outputs["url"])}${path}`;
      const answer = await account.services.apigateway.request({ method, url, body }, undefined);
      open--;
      return answer;
    });
    await account.kernel.runUntil(() => open === 0);
    return Promise.all(answers);
  };
  return { account, request };
}
