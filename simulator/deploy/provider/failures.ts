/** A request of the engine that is to fail once, for trying out what the next deployment makes of it. */
export interface DeploymentFailure {
  readonly operation: "create" | "update" | "delete";
  /** The resource's name in the program. */
  readonly resource: string;
  /** How far it came: `nothing` was done, or `all` was and only its end failed. @default "nothing" */
  readonly took?: "nothing" | "all";
}

/** The failures that are still to come. */
export class DeploymentFailures {
  readonly #waiting: DeploymentFailure[];

  constructor(failures: readonly DeploymentFailure[]) {
    this.#waiting = [...failures];
  }

  /** The failure of this request, if there is to be one; it does not come again. */
  take(
    operation: DeploymentFailure["operation"],
    resource: string,
  ): { readonly took: "nothing" | "all"; readonly message: string } | undefined {
    const at = this.#waiting.findIndex(
      (failure) => failure.operation === operation && failure.resource === resource,
    );
    if (at < 0) return undefined;
    const [{ took = "nothing" }] = this.#waiting.splice(at, 1) as [DeploymentFailure];
    const message = `InternalFailure: the ${operation} of ${resource} was to fail once`;
    return { took, message };
  }
}
