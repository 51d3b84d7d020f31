import type { ModelCheck } from "./models";

/** A method of the API, as a deployment recorded it. */
export interface Route {
  readonly resourceId: string;
  /** `/orders/{id}`. */
  readonly resourcePath: string;
  /** `POST`, or `ANY`. */
  readonly httpMethod: string;
  readonly authorization: "NONE" | "AWS_IAM";
  /** `method.request.header.X` → whether it is required. */
  readonly requestParameters: Readonly<Record<string, boolean>>;
  readonly validates: { readonly parameters: boolean; readonly body: boolean };
  /** By content type. */
  readonly models: ReadonlyMap<string, ModelCheck>;
  readonly integration: Integration;
}

export interface Integration {
  readonly functionArn: string;
  /** AWS accepts any; Lambda answers to POST alone. */
  readonly httpMethod: string;
  readonly timeoutMs: number;
}

export interface MatchedRoute {
  readonly route: Route;
  /** As sent: API Gateway does not decode them. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

/** What one segment of a resource's path takes; the lower, the more specific. */
const RANKS = { literal: 0, parameter: 1, greedy: 2 } as const;
type Kind = keyof typeof RANKS;

/** The routes of a deployment, most specific first. */
export class Router {
  readonly #routes: readonly { route: Route; segments: readonly string[] }[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes
      .map((route) => ({ route, segments: segmentsOf(route.resourcePath) }))
      .sort((a, b) => compareSegments(a.segments, b.segments) || compareMethods(a.route, b.route));
  }

  /** The most specific resource that has the method, its own before ANY. A slash at the end is ignored. */
  match(method: string, path: string): MatchedRoute | undefined {
    const sent = segmentsOf(path);
    for (const { route, segments } of this.#routes) {
      if (route.httpMethod !== method && route.httpMethod !== "ANY") continue;
      const pathParameters = matchSegments(segments, sent);
      if (pathParameters) return { route, pathParameters };
    }
    return undefined;
  }
}

function segmentsOf(path: string): string[] {
  const trimmed = path.replace(/^\/|\/$/g, "");
  return trimmed === "" ? [] : trimmed.split("/");
}

function matchSegments(
  pattern: readonly string[],
  sent: readonly string[],
): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [at, segment] of pattern.entries()) {
    const value = sent[at];
    if (value === undefined || value === "") return undefined;
    const name = segment.slice(1, -1);
    const kind = kindOf(segment);
    if (kind === "greedy") {
      return { ...parameters, [name.slice(0, -1)]: sent.slice(at).join("/") };
    }
    if (kind === "parameter") parameters[name] = value;
    else if (segment !== value) return undefined;
  }
  return sent.length === pattern.length ? parameters : undefined;
}

function kindOf(segment: string): Kind {
  if (!segment.startsWith("{")) return "literal";
  return segment.endsWith("+}") ? "greedy" : "parameter";
}

/** Segment by segment: what is written out goes before what is a parameter, and that before what takes all. */
function compareSegments(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [left, right] = [a[at], b[at]];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const difference = RANKS[kindOf(left)] - RANKS[kindOf(right)];
    if (difference !== 0) return difference;
  }
  return a.join("/") < b.join("/") ? -1 : a.join("/") > b.join("/") ? 1 : 0;
}

const compareMethods = (a: Route, b: Route): number =>
  Number(a.httpMethod === "ANY") - Number(b.httpMethod === "ANY");
