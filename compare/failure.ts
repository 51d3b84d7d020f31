/** What the command's exit code says. */
export const EXIT = { ok: 0, runFailed: 1, refused: 2, interrupted: 130 } as const;

/** Something the user asked for that cannot be: reported in one message, without a stack trace. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** Why a run gave no result. Plain data: it comes from another thread. */
export interface Failure {
  /** `deploy`: before anything ran; `run`: afterwards. */
  readonly phase: "deploy" | "run";
  readonly message: string;
  readonly stackTrace?: string;
  /** The run that failed, if one had begun. */
  readonly seed?: number;
  readonly messages?: number;
  readonly orders?: number;
  readonly trips?: number;
  readonly things?: number;
  readonly poisonRecords?: number;
}

export function failureOf(phase: Failure["phase"], cause: unknown): Failure {
  if (!(cause instanceof Error)) return { phase, message: String(cause) };
  return { phase, message: cause.message, stackTrace: cause.stack };
}
