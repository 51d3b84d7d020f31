import { hash } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** A sequence of draws that belongs to one concern. */
export interface RandomStream {
  /** A whole number in [min, max], both included. */
  integer(min: number, max: number): number;
  /** A number in [0, 1). */
  fraction(): number;
  /** `count` random bytes. */
  bytes(count: number): Uint8Array;
}

/**
 * Seeded randomness, split by concern: a further draw in one stream never shifts another, so that
 * strategies that differ in one place stay comparable everywhere else.
 */
export class Random {
  readonly #streams = new Map<string, RandomStream>();

  constructor(readonly seed: number) {}

  /** The stream of a concern. Asking twice gives the same one, where it stands. */
  stream(concern: string): RandomStream {
    let stream = this.#streams.get(concern);
    if (!stream) {
      stream = createStream(hash32(`${this.seed}\n${concern}`));
      this.#streams.set(concern, stream);
    }
    return stream;
  }

  /**
   * A number in [0, 1) that depends on the seed and on `key` alone, never on what was drawn before:
   * two strategies that meet the same thing draw the same number for it.
   */
  keyed(concern: string, ...key: (string | number)[]): number {
    return hash32(`${this.seed}\n${concern}\n${key.join("\n")}`) / 2 ** 32;
  }
}

/** A stream of its own from a 32-bit seed. */
export function createStream(seed: number): RandomStream {
  const generator: RandomGenerator = xoroshiro128plus(seed | 0);
  return {
    integer: (min, max) => uniformInt(generator, min, max),
    fraction: () => uniformFloat64(generator),
    bytes: (count) => Uint8Array.from({ length: count }, () => uniformInt(generator, 0, 255)),
  };
}

/** The first 32 bits of a text's SHA-256, unsigned. */
export function hash32(text: string): number {
  return parseInt(hash("sha256", text, "hex").slice(0, 8), 16);
}

/** A UUID (version 4 by its shape) that depends on `text` alone. */
export function uuidOf(text: string): string {
  const hex = hash("sha256", text, "hex");
  const variant = ((parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
