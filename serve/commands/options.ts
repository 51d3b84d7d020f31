import { Refusal } from "../../compare/failure";
import { START_AT } from "../../compare/workloads";

/** What commander hands over to serve an account: texts, as they were typed. */
export interface TypedServe {
  readonly port: string;
  readonly controlPort: string;
  readonly region: string;
  readonly seed: string;
  readonly startAt: string;
  readonly assume?: readonly string[];
  readonly verbose?: boolean;
}

export const DEFAULT_CONTROL_PORT = "7341";

export const SERVE_DEFAULTS = {
  port: "7340",
  controlPort: DEFAULT_CONTROL_PORT,
  region: "us-east-1",
  seed: "1",
  startAt: START_AT,
} as const;

/** @throws Refusal */
export function portOf(option: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new Refusal(`${option} ${text}: expected a port, from 1 to 65535.`);
}
