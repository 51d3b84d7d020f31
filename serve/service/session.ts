import {
  Deployment,
  startEmpty,
  type Fault,
  type ServedAccount,
  type SimulatedAws,
  type Synthesis,
} from "../../simulator";

export interface SessionOptions {
  readonly seed: number;
  /** ISO 8601. */
  readonly startAt: string;
  readonly assumptions: Readonly<Record<string, string | number>>;
  readonly region: string;
  /** Where the Pulumi engine finds the account; 0: any port that is free. */
  readonly port: number;
}

/** What an account begins anew with. */
export interface Beginning {
  /** Of what is deployed, in the order in which it is to be made. */
  readonly synthesis: Synthesis;
  readonly faults: readonly Fault[];
  readonly startAt: string;
}

/** An account that the Pulumi engine deploys into, for as long as the program runs. */
export class Session {
  #account: SimulatedAws;
  #served: ServedAccount;

  private constructor(
    readonly options: SessionOptions,
    account: SimulatedAws,
    served: ServedAccount,
  ) {
    this.#account = account;
    this.#served = served;
  }

  /** @throws an `Error` if the port is taken, or if the start is no time */
  static async open(options: SessionOptions): Promise<Session> {
    const account = await startEmpty(options);
    return new Session(options, account, await account.serve({ port: options.port }));
  }

  get account(): SimulatedAws {
    return this.#account;
  }

  /** Of the provider. */
  get port(): number {
    return this.#served.port;
  }

  /** In which `pulumi` takes the account for AWS. */
  get environment(): Readonly<Record<string, string>> {
    return this.#served.environment;
  }

  /**
   * Puts a new account in the place of this one: with the same resources, but nothing in them, at another time and
   * with other faults. For the engine it is the same one. If it cannot start, the old one stays.
   */
  async beginAnew({ faults, startAt, synthesis }: Beginning): Promise<void> {
    const { assumptions, seed } = this.options;
    const deployment = new Deployment(synthesis);
    const account = await deployment.start({ assumptions, faults, seed, startAt });
    const { port } = this;
    this.#served.close();
    this.#served = await account.serve({ port });
    this.#account = account;
  }

  close(): void {
    this.#served.close();
  }
}
