import { createStream, type RandomStream } from "../../../simulator/kernel/random";
import type { Question } from "./oracle";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type JsonObject = Record<string, Json>;

const KEYS = ["a", "b", "c", "detail", "source", "$odd", "prefix"];

/** Few, alike and awkward, so that patterns and events meet. */
const TEXTS = [
  ...["", "a", "ab", "abc", "ABC", "aBc", "cab", "abcabc", "Straße", "STRASSE", "Ärger", "ÄRGER"],
  ...["a*c", "a\\c", 'a"b', "300", "true", "null", "us-east-1", "US-EAST-1", "file.png", "日本"],
  ...["10.0.0.1", "10.0.0.255", "10.0.1.0", "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "::1", "1:2"],
];
const NUMBERS = [0, 1, -1, 2, 5, 300, 300.5, -2.5, 0.1, 1e-7, 5e9, -5e9, 123456789];
const WILDCARDS = ["*", "a*", "*c", "a*c", "*b*", "a*b*c", "a\\*c", "a\\\\c", "*.png", "ab", ""];
const BAD_WILDCARDS = ["a**c", "a\\b", "\\", "**"];
const CIDRS = [
  "10.0.0.0/24",
  "10.0.0.0/8",
  "128.0.0.0/1",
  "10.0.0.1/31",
  "2001:db8::/32",
  "8000::/1",
];
const BAD_CIDRS = ["10.0.0.0", "10.0.0.0/32", "10.0.0.0/x", "10.0.0.0/-1", "bad/8", "::1/128"];

/** Makes questions from a seed: a pattern each, mostly valid, and events that mostly come near to matching it. */
export class Generator {
  readonly #random: RandomStream;

  constructor(seed: number) {
    this.#random = createStream(seed);
  }

  question(events: number): Question {
    const pattern = this.#patternObject(0, false);
    return {
      pattern: this.#write(this.#joined(pattern)),
      events: Array.from({ length: events }, () =>
        this.#write(this.#joined(this.#eventFor(pattern))),
      ),
    };
  }

  #chance(probability: number): boolean {
    return this.#random.fraction() < probability;
  }

  #one<T>(items: readonly T[]): T {
    return items[this.#random.integer(0, items.length - 1)]!;
  }

  #times<T>(min: number, max: number, make: () => T): T[] {
    return Array.from({ length: this.#random.integer(min, max) }, make);
  }

  #patternObject(depth: number, insideOr: boolean): JsonObject {
    const pattern: JsonObject = {};
    const keys = insideOr ? KEYS.filter((key) => key !== "prefix" || this.#chance(0.1)) : KEYS;
    for (const key of this.#times(this.#chance(0.01) ? 0 : 1, 3, () => this.#one(keys))) {
      if (this.#chance(0.01)) pattern[key] = this.#scalar();
      else if (depth < 3 && this.#chance(0.35)) {
        pattern[key] = this.#patternObject(depth + 1, insideOr);
      } else pattern[key] = this.#times(this.#chance(0.02) ? 0 : 1, 3, () => this.#valuePattern());
    }
    if (depth < 3 && this.#chance(0.15)) {
      pattern.$or = this.#chance(0.04)
        ? this.#scalar()
        : this.#times(this.#chance(0.04) ? 0 : 2, 3, () => this.#patternObject(depth + 1, true));
    }
    return pattern;
  }

  #scalar(): Json {
    return this.#one<Json>([this.#one(TEXTS), this.#one(NUMBERS), true, false, null]);
  }

  #text(): Json {
    return this.#chance(0.02) ? this.#scalar() : this.#one(TEXTS);
  }

  #textOrTexts(): Json {
    return this.#chance(0.4) ? this.#times(1, 3, () => this.#text()) : this.#text();
  }

  #valuePattern(): Json {
    if (this.#chance(0.35)) return this.#chance(0.02) ? [this.#scalar()] : this.#scalar();
    const ignoring = (): Json => ({ "equals-ignore-case": this.#text() });
    const makers: readonly (() => JsonObject)[] = [
      () => ({ prefix: this.#chance(0.3) ? ignoring() : this.#text() }),
      () => ({ suffix: this.#chance(0.3) ? ignoring() : this.#text() }),
      () => ({ "equals-ignore-case": this.#text() }),
      () => ({ wildcard: this.#chance(0.05) ? this.#one(BAD_WILDCARDS) : this.#one(WILDCARDS) }),
      () => ({ cidr: this.#chance(0.1) ? this.#one(BAD_CIDRS) : this.#one(CIDRS) }),
      () => ({ exists: this.#chance(0.03) ? this.#scalar() : this.#chance(0.5) }),
      () => ({ exactly: this.#text() }),
      () => ({ numeric: this.#numericTerms() }),
      () => ({ "anything-but": this.#exclusion() }),
      () => ({ "anything-but": this.#exclusion() }),
    ];
    const pattern = this.#one(makers)();
    if (this.#chance(0.01)) pattern.prefix = "a";
    if (this.#chance(0.01)) return { nonsense: this.#scalar() };
    return pattern;
  }

  #numericTerms(): Json {
    const number = (): Json => (this.#chance(0.02) ? this.#scalar() : this.#one(NUMBERS));
    const first = this.#one(["=", "<", "<=", ">", ">=", ...(this.#chance(0.05) ? ["<>"] : [])]);
    const terms: Json[] = [first, number()];
    if (this.#chance(first.startsWith(">") ? 0.5 : 0.03)) {
      terms.push(this.#one(["<", "<=", ...(this.#chance(0.05) ? ["=", ">"] : [])]), number());
    }
    if (this.#chance(0.02)) terms.pop();
    return terms;
  }

  #exclusion(): Json {
    if (this.#chance(0.5)) {
      const operators = ["prefix", "suffix", "equals-ignore-case", "wildcard"];
      const operator = this.#one(this.#chance(0.02) ? ["numeric"] : operators);
      if (operator !== "wildcard") return { [operator]: this.#textOrTexts() };
      const wildcards = this.#chance(0.03) ? BAD_WILDCARDS : WILDCARDS;
      const one = (): Json => this.#one(wildcards);
      return { wildcard: this.#chance(0.4) ? this.#times(1, 2, one) : one() };
    }
    if (this.#chance(0.02)) return this.#times(1, 2, () => this.#scalar());
    const alike: readonly Json[] = this.#chance(0.5) ? TEXTS : NUMBERS;
    const one = (): Json => this.#one(alike);
    return this.#chance(0.4) ? this.#times(this.#chance(0.05) ? 0 : 1, 3, one) : one();
  }

  /** What the pattern asks for, as far as that is told in passing; a part of it left out, changed or wrapped. */
  #eventFor(pattern: JsonObject): JsonObject {
    const event: JsonObject = {};
    for (const [key, asked] of Object.entries(pattern)) {
      if (key === "$or" && Array.isArray(asked)) {
        for (const branch of asked) {
          if (isObject(branch) && this.#chance(0.6)) mergeInto(event, this.#eventFor(branch));
        }
      } else if (!this.#chance(0.07)) put(event, key, this.#fieldFor(asked));
    }
    if (this.#chance(0.1)) put(event, this.#one(KEYS), this.#scalar());
    return event;
  }

  #fieldFor(asked: Json): Json {
    const one = (): Json => {
      if (this.#chance(0.08)) return this.#scalar();
      if (Array.isArray(asked)) return this.#valueFor(asked.length > 0 ? this.#one(asked) : null);
      return isObject(asked) ? this.#eventFor(asked) : asked;
    };
    if (this.#chance(0.02)) return this.#one<Json>([[], {}, [[]], [{}]]);
    if (this.#chance(0.25)) return this.#times(0, 3, one);
    return this.#chance(0.03) ? [[one()], one()] : one();
  }

  #valueFor(asked: Json): Json {
    if (!isObject(asked)) return asked;
    const [[operator, operand] = ["", null]] = Object.entries(asked);
    const affix = this.#one(["", "a", "bc"]);
    const inner = isObject(operand) ? (Object.values(operand)[0] ?? null) : operand;
    const text = typeof inner === "string" ? this.#recase(inner) : "a";
    if (operator === "exactly" && typeof operand === "string") return operand;
    if (operator === "prefix") return text + affix;
    if (operator === "suffix") return affix + text;
    if (operator === "equals-ignore-case") return text;
    if (operator === "wildcard") return text.replaceAll("*", affix);
    if (operator === "numeric") return this.#one(NUMBERS);
    return this.#scalar();
  }

  /** `{"a":{"b":1}}` as `{"a.b":1}`, now and then: the same to a matcher. */
  #joined(object: JsonObject): JsonObject {
    const members = Object.entries(object).map(([key, value]): [string, Json] => {
      if (!isObject(value)) return [key, value];
      const [[inner, only] = ["", null], ...more] = Object.entries(this.#joined(value));
      const isSimple = inner !== "" && more.length === 0 && inner !== "$or";
      return isSimple && this.#chance(0.2) ? [`${key}.${inner}`, only] : [key, value];
    });
    return Object.fromEntries(members);
  }

  #recase(text: string): string {
    return this.#one([text, text.toUpperCase(), text.toLowerCase()]);
  }

  /** As JSON; a whole number now and then in another spelling. */
  #write(value: Json): string {
    if (typeof value === "number" && Number.isInteger(value) && this.#chance(0.2)) {
      return this.#one([`${value}.0`, value.toExponential()]);
    }
    if (Array.isArray(value)) return `[${value.map((item) => this.#write(item)).join(",")}]`;
    if (!isObject(value)) return JSON.stringify(value);
    const members = Object.entries(value).map(
      ([key, member]) => `${JSON.stringify(key)}:${this.#write(member)}`,
    );
    return `{${members.join(",")}}`;
  }
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function put(event: JsonObject, key: string, value: Json): void {
  const known = event[key];
  if (known !== undefined && isObject(known) && isObject(value)) mergeInto(known, value);
  else event[key] = value;
}

function mergeInto(event: JsonObject, more: JsonObject): void {
  for (const [key, value] of Object.entries(more)) put(event, key, value);
}
