import { catalogue } from "./deploy/catalogue";
import type { Program, StackOptions, Synthesis } from "./deploy/synthesize";

/**
 * Runs a program against everything that is modelled. Pulumi is loaded by those who need it: where deployments are only
 * started, it would be half of the start-up time.
 *
 * @param deployed what is there already. Default none
 */
export async function synthesisOf(
  program: Program | string,
  options: StackOptions,
  deployed: Synthesis["resources"] = [],
): Promise<Synthesis> {
  const { runProgram } = await import("./deploy/synthesize.js");
  return runProgram(program, options, catalogue, deployed);
}
