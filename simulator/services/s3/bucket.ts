import { createHash } from "node:crypto";

export interface StoredObject {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Members of the answer that the writer chose: `ContentType`, `Metadata`, … */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Virtual milliseconds since the epoch, whole seconds. */
  readonly lastModifiedMs: number;
  /** In quotes. */
  readonly etag: string;
}

/** Deletes objects of a certain age. */
export interface ExpiryRule {
  readonly prefix: string;
  readonly days: number;
}

export interface Listing {
  readonly objects: readonly StoredObject[];
  readonly commonPrefixes: readonly string[];
  /** Where the next page begins, if there is one. */
  readonly next?: string;
}

const DAY_MS = 86_400_000;

/** The objects of a bucket. Without versions: the last write of a key is all there is. */
export class Bucket {
  expiryRules: readonly ExpiryRule[] = [];
  readonly #objects = new Map<string, StoredObject>();

  constructor(
    readonly name: string,
    private readonly now: () => number,
  ) {}

  get isEmpty(): boolean {
    return !this.#keys().some((key) => this.get(key));
  }

  get(key: string): StoredObject | undefined {
    const object = this.#objects.get(key);
    // Expiry has its effect when somebody looks: it costs no events.
    if (object && this.#isExpired(object)) {
      this.#objects.delete(key);
      return undefined;
    }
    return object;
  }

  put(key: string, bytes: Uint8Array, headers: Readonly<Record<string, unknown>>): StoredObject {
    const object: StoredObject = {
      key,
      bytes,
      headers,
      lastModifiedMs: Math.floor(this.now() / 1000) * 1000,
      etag: `"${createHash("md5").update(bytes).digest("hex")}"`,
    };
    this.#objects.set(key, object);
    return object;
  }

  delete(key: string): void {
    this.#objects.delete(key);
  }

  /**
   * Up to `max` objects and common prefixes, in the order of the keys' UTF-8 bytes.
   *
   * @param after begin behind this key or common prefix
   */
  list(prefix: string, delimiter: string | undefined, after: string, max: number): Listing {
    const objects: StoredObject[] = [];
    const commonPrefixes = new Set<string>();
    let last = after;
    for (const key of this.#keys()) {
      if (!key.startsWith(prefix) || byUtf8(key, after) <= 0) continue;
      const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
      const common = end < 0 ? undefined : key.slice(0, end + delimiter!.length);
      if (common && (commonPrefixes.has(common) || common === after)) continue;
      const object = this.get(key);
      if (!object) continue;
      if (objects.length + commonPrefixes.size >= max) {
        return { objects, commonPrefixes: [...commonPrefixes], next: last };
      }
      if (common) commonPrefixes.add(common);
      else objects.push(object);
      last = common ?? key;
    }
    return { objects, commonPrefixes: [...commonPrefixes] };
  }

  #keys(): string[] {
    return [...this.#objects.keys()].sort(byUtf8);
  }

  /** An object goes at the first midnight (UTC) after its last day. Source: "Lifecycle rules: dates". */
  #isExpired({ key, lastModifiedMs }: StoredObject): boolean {
    return this.expiryRules.some(({ days, prefix }) => {
      if (!key.startsWith(prefix)) return false;
      const goesAtMs = Math.ceil((lastModifiedMs + days * DAY_MS) / DAY_MS) * DAY_MS;
      return goesAtMs <= this.now();
    });
  }
}

function byUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
