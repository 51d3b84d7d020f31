import type { Session } from "./session";
import { placeOf } from "./names";

export interface Status {
  /** Virtual time, ISO 8601. */
  readonly now: string;
  readonly seed: number;
  readonly region: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Those that were chosen. */
  readonly assumptions: Readonly<Record<string, string | number>>;
  readonly resources: readonly {
    readonly project: string;
    readonly stack: string;
    readonly type: string;
    /** In the program. */
    readonly names: readonly string[];
  }[];
  /** What the engine knows nothing of, as log groups that Lambda has made: `<type> <id>`. */
  readonly others: readonly string[];
  readonly pending: readonly string[];
  readonly faults: readonly { readonly fault: object; readonly planned: number; hit: number }[];
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();

export async function statusOf({ account, environment, options }: Session): Promise<Status> {
  const groups = new Map<string, Status["resources"][number]>();
  for (const resource of account.resources) {
    const place = { ...placeOf(resource), type: resource.type };
    const key = JSON.stringify([place.project, place.stack, place.type]);
    const names = [...(groups.get(key)?.names ?? []), resource.name].sort();
    groups.set(key, { ...place, names });
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  const known = new Set(account.resources.map(({ id, type }) => `${type} ${id}`));
  return {
    now: isoOf(account.now),
    seed: account.seed,
    region: options.region,
    environment,
    assumptions: options.assumptions,
    resources: sorted,
    others: account.remaining().filter((each) => !known.has(each)),
    pending: account.pending(),
    faults: account.faults(),
  };
}
