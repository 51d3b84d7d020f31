/**
 * A simulated AWS account in virtual time, for testing any Pulumi program: `synthesize` runs the program
 * once, `start` deploys what it registered into a fresh account. What this file does not export is not public.
 */
import { ASSUMPTIONS, checkAssumptions, type AssumptionValues } from "./assumptions";
import type { Change } from "./deploy/changes";
import type { DeploymentFailure } from "./deploy/provider/failures";
import type { ServedAccount } from "./deploy/provider/serve";
import type { Program, StackOptions, Synthesis } from "./deploy/synthesize";
import { ACCOUNT_ID, DEFAULT_REGION } from "./deploy/target";
import type { Fault, FaultCount } from "./kernel/faults";
import type { TraceEntry } from "./kernel/trace";
import type { HttpRequest, HttpResponse } from "./services/apigateway/service";
import type { CommittedWrite } from "./services/dynamodb/service";
import type { AsynchronousEvent } from "./services/lambda/asynchronous-event";
import type { Invocation } from "./services/lambda/invocation";
import type { MappingDecision } from "./services/lambda/mappings/decision";
import {
  SimulatedAws,
  type MappingReport,
  type ServeOptions,
  type StartOptions,
} from "./simulated-aws";
import { synthesisOf } from "./synthesis";

export { ASSUMPTIONS, checkAssumptions, SimulatedAws };
export type {
  AssumptionValues,
  AsynchronousEvent,
  Change,
  CommittedWrite,
  DeploymentFailure,
  Fault,
  FaultCount,
  HttpRequest,
  HttpResponse,
  Invocation,
  MappingDecision,
  MappingReport,
  Program,
  ServedAccount,
  ServeOptions,
  StackOptions,
  StartOptions,
  Synthesis,
  TraceEntry,
};

/**
 * Runs a Pulumi program once, without an engine and without an account.
 *
 * @param program a function as a program exports it, or the folder of a Pulumi project
 * @throws an `Error` that lists everything the account does not model, or what the program threw
 */
export async function synthesize(
  program: Program | string,
  options: StackOptions = {},
): Promise<Deployment> {
  return new Deployment(await synthesisOf(program, options));
}

/** `synthesize` and `start` in one. */
export async function simulate(
  program: Program | string,
  options: StackOptions & StartOptions = {},
): Promise<SimulatedAws> {
  return (await synthesize(program, options)).start(options);
}

/**
 * An account with nothing in it, for the Pulumi engine to deploy into: see `SimulatedAws.serve`.
 *
 * @param options `region`: default us-east-1
 */
export async function startEmpty(
  options: StartOptions & { readonly region?: string } = {},
): Promise<SimulatedAws> {
  const { region = DEFAULT_REGION, ...start } = options;
  const target = { project: "", stack: "", accountId: ACCOUNT_ID, region };
  return new SimulatedAws({ target, resources: [], outputs: {} }, start);
}

/** What a program registered, ready to be started as often as there are seeds. */
export class Deployment {
  /**
   * @param synthesis what another deployment's `synthesis` holds: plain data, which a worker thread can be sent.
   *   Pulumi itself runs in the main thread only.
   */
  constructor(readonly synthesis: Synthesis) {}

  /** The program's outputs. */
  get outputs(): Readonly<Record<string, unknown>> {
    return this.synthesis.outputs;
  }

  /** The registered resources: type, name, id, validated inputs. */
  get resources(): Synthesis["resources"] {
    return this.synthesis.resources;
  }

  /**
   * Deploys into a new account.
   *
   * @throws an `Error` for unknown assumptions, senseless faults, or a resource that AWS would refuse
   */
  async start(options: StartOptions = {}): Promise<SimulatedAws> {
    return new SimulatedAws(this.synthesis, options);
  }
}
