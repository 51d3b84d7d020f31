import { NotModelledError } from "../errors";

/** A request from outside the account, as an HTTP client sends it. */
export interface HttpRequest {
  /** `GET`, `POST`, … in any case. */
  readonly method: string;
  /** A stage's `invokeUrl` and what follows: `https://API.execute-api.REGION.amazonaws.com/STAGE/…`. */
  readonly url: string;
  /** A list sends the header once per value. @default none */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** UTF-8 text. @default no body */
  readonly body?: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; several values of one header are joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request taken apart once, for everything that looks at it. */
export interface ParsedRequest {
  readonly method: string;
  readonly host: string;
  /** The API's id: the first label of the host. */
  readonly apiId: string;
  readonly stageName: string;
  /** Below the stage, as sent (not decoded), with its leading slash. */
  readonly path: string;
  /** Names as sent, each with its values. */
  readonly headers: readonly (readonly [string, readonly string[]])[];
  /** Decoded; names in the order of their first coming. */
  readonly query: ReadonlyMap<string, readonly string[]>;
  readonly body: string | undefined;
}

const HOST = /^([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com$/;

/** @throws NotModelledError for a URL that leads anywhere but to a stage of the account */
export function parseRequest({ method, url, headers = {}, body }: HttpRequest): ParsedRequest {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const [, apiId] = HOST.exec(parsed?.host ?? "") ?? [];
  if (!parsed || !apiId || parsed.protocol !== "https:") {
    throw new NotModelledError(
      `${url}: requests go to the URL of a stage (its output invokeUrl), ` +
        `https://API.execute-api.REGION.amazonaws.com/STAGE/…; nothing else is modelled.`,
    );
  }
  const [, stageName = "", rest = ""] = /^\/([^/]*)(.*)$/.exec(parsed.pathname) ?? [];
  const query = new Map<string, string[]>();
  for (const [name, value] of parsed.searchParams) {
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return {
    method: method.toUpperCase(),
    host: parsed.host,
    apiId,
    stageName,
    path: rest === "" ? "/" : rest,
    headers: Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === "string" ? [value] : [...value],
    ]),
    query,
    body: body === "" ? undefined : body,
  };
}

/** The last value of a header, whatever the case of its name. */
export function headerOf({ headers }: ParsedRequest, name: string): string | undefined {
  const lower = name.toLowerCase();
  const found = headers.filter(([sent]) => sent.toLowerCase() === lower);
  return found.at(-1)?.[1].at(-1);
}
