import { createHash } from "node:crypto";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Seeded draws of one concern: the same seed and concern give the same sequence, whatever else is drawn. */
export interface Draws {
  /** A whole number in [min, max], both included. */
  integer(min: number, max: number): number;
  pick<T>(items: readonly T[]): T;
  /** `count` different items, in the order of `items`. */
  sample<T>(items: readonly T[], count: number): T[];
}

export function createDraws(seed: number, concern: string): Draws {
  const digest = createHash("sha256").update(`${seed}\n${concern}`).digest();
  const generator = xoroshiro128plus(digest.readInt32BE(0));
  const integer = (min: number, max: number): number => uniformInt(generator, min, max);
  return {
    integer,
    pick: (items) => {
      if (items.length === 0) throw new Error(`${concern}: nothing to pick from`);
      return items[integer(0, items.length - 1)]!;
    },
    sample: (items, count) => {
      if (count > items.length) {
        throw new Error(`${concern}: ${count} of ${items.length} items asked for`);
      }
      // The first steps of a shuffle of the positions; sorting them restores the items' order.
      const positions = items.map((_, position) => position);
      for (let drawn = 0; drawn < count; drawn += 1) {
        const other = integer(drawn, positions.length - 1);
        [positions[drawn], positions[other]] = [positions[other]!, positions[drawn]!];
      }
      return positions
        .slice(0, count)
        .sort((a, b) => a - b)
        .map((position) => items[position]!);
    },
  };
}
