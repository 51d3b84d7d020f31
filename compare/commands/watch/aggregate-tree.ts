import type { Account } from "../../account";
import type { View, ViewLine } from "./view";

const TABLE = "aggregation-aggregates";
const SEPARATOR = "::";

/** The tree of running sums, each over its lanes, in minor units; beside it the count of entities. */
export class AggregateTree implements View {
  readonly title = "Aggregates";
  /** By group, then by item. */
  readonly #groups = new Map<string, Map<string, bigint>>();
  #seen = 0;

  constructor(private readonly account: Account) {}

  lines(): readonly ViewLine[] {
    this.#read();
    return [...this.#groups.keys()].sort().map((group) => {
      const path = group.split(SEPARATOR);
      const sum = [...this.#groups.get(group)!.values()].reduce((a, b) => a + b, 0n);
      const label = `${"  ".repeat(path.length - 1)}${path.at(-1)}`;
      return { key: group, label, state: String(sum) };
    });
  }

  #read(): void {
    const writes = this.account.writes(TABLE);
    for (; this.#seen < writes.length; this.#seen += 1) {
      const { after } = writes[this.#seen]!;
      const id = after?.["id"]?.S ?? "";
      const group = id.slice(0, id.lastIndexOf("#"));
      if (group === "") continue;
      const lanes = this.#groups.get(group) ?? new Map<string, bigint>();
      lanes.set(id, BigInt(after?.["v"]?.N ?? "0"));
      this.#groups.set(group, lanes);
    }
  }
}
