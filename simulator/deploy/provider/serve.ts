import type { SimulatedAccount } from "../../account";
import type { Catalogue } from "../synthesize";
import { AccountProvider } from "./account-provider";
import type { DeploymentFailure } from "./failures";
import { listen } from "./server";

/** An account while the Pulumi engine can deploy into it. */
export interface ServedAccount {
  readonly port: number;
  /** The environment in which `pulumi` takes the account for AWS. */
  readonly environment: Readonly<Record<string, string>>;
  close(): void;
}

/** Makes an account AWS to the Pulumi engine. */
export async function serveAccount(
  account: SimulatedAccount,
  catalogue: Catalogue,
  port: number,
  failures: readonly DeploymentFailure[],
): Promise<ServedAccount> {
  const provider = new AccountProvider(account, catalogue, failures);
  const server = await listen(provider, port);
  const environment = {
    // The engine connects to what listens there, instead of starting AWS's provider.
    PULUMI_DEBUG_PROVIDERS: `aws:${server.port}`,
    // Nor does it look for one to install.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  return { port: server.port, environment, close: () => server.close() };
}
