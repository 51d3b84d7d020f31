import type { Transport } from "../../sdk/transport";
import type { Account } from "../account";
import type { Outcome } from "./invocation";
import type { FunctionSettings } from "./running-invocation";
import { LATEST } from "./function-name";
import { Sandbox } from "./sandbox";

/** One version of a function, or `$LATEST`: its settings, and the sandboxes that were started from them. */
export class FunctionVersion {
  #settings: FunctionSettings;
  #idle: Sandbox[] = [];
  #sandboxCount = 0;

  constructor(
    settings: FunctionSettings,
    private readonly account: Account,
    private readonly transport: Transport,
  ) {
    this.#settings = settings;
  }

  get settings(): FunctionSettings {
    return this.#settings;
  }

  /** New sandboxes take new settings; those that are busy end as they began. For `$LATEST` alone. */
  update(settings: FunctionSettings): void {
    this.#settings = settings;
    for (const sandbox of this.#idle.splice(0)) sandbox.kill();
  }

  /** A sandbox that waits for work, or a new one. */
  take(): { readonly sandbox: Sandbox; readonly cold: boolean } {
    let warm = this.#idle.pop();
    // One that has ended after it was frozen.
    while (warm?.dead) warm = this.#idle.pop();
    return warm ? { sandbox: warm, cold: false } : { sandbox: this.#start(), cold: true };
  }

  giveBack(sandbox: Sandbox, outcome: Outcome): void {
    if (outcome !== "ok" && outcome !== "error") return;
    if (sandbox.image === this.#settings && !sandbox.dead) this.#idle.push(sandbox);
    else sandbox.kill();
  }

  #start(): Sandbox {
    const { logicalName, version } = this.#settings;
    const name = version === LATEST ? logicalName : `${logicalName}:${version}`;
    const id = `${name}#${++this.#sandboxCount}`;
    return new Sandbox(id, this.#settings, this.account, this.transport);
  }
}
