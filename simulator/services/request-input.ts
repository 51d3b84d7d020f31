import { NotModelledError } from "./errors";

/**
 * Refuses a request that uses a parameter which the operation does not model: answering as if it had
 * not been there would be wrong in silence.
 *
 * @param modelled the parameters that have an effect here, or change nothing that can be observed
 * @throws NotModelledError with the first such parameter's name
 */
export function refuseUnmodelled(
  operation: string,
  input: object,
  modelled: readonly string[],
): void {
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined || modelled.includes(name)) continue;
    throw new NotModelledError(
      `${operation}: the parameter ${name} is not modelled in the simulated account; leave it out`,
    );
  }
}
