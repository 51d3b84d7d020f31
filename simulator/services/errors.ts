/** An error that a service answers with, as an SDK client sees it. */
export class ServiceError extends Error {
  /** The exception's name, for instance `ConditionalCheckFailedException`. */
  readonly code: string;
  /** The HTTP status: 4xx is the caller's fault, 5xx the service's. */
  readonly statusCode: number;
  /** Further members of the exception, for instance `CancellationReasons`. */
  readonly members: Record<string, unknown>;

  constructor(
    code: string,
    message: string,
    options: { statusCode?: number; members?: Record<string, unknown> } = {},
  ) {
    // An answer like any other, often expected: where it was made is of no interest, and costs more than the rest.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
    this.name = code;
    this.code = code;
    this.statusCode = options.statusCode ?? 400;
    this.members = options.members ?? {};
  }
}

/** What the simulator does not model, it refuses: this says what, and what to do instead. */
export class NotModelledError extends Error {
  override readonly name = "NotModelledError";
}
