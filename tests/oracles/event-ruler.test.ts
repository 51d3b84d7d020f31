import { expect } from "chai";
import { compilePattern } from "../../simulator/services/eventbridge/patterns/pattern";
import { narrowed } from "./event-ruler/contradiction";
import { Generator } from "./event-ruler/generator";
import { askOracle, buildOracle, type Answer, type Question } from "./event-ruler/oracle";

/** Another seed asks other questions: `ORACLE_SEED=7`. */
const SEED = Number(process.env.ORACLE_SEED ?? 1);
const PATTERNS = Number(process.env.ORACLE_PATTERNS ?? 4_000);
const EVENTS_PER_PATTERN = 5;

function ourAnswer({ events, pattern }: Question): Answer {
  try {
    const matches = compilePattern(pattern);
    return { matches: events.map((event) => matches(JSON.parse(event))) };
  } catch (cause) {
    return { invalid: (cause as Error).message };
  }
}

/** AWS's reason, without where in the text it was found. */
const reasonOf = (invalid: string): string =>
  invalid.replace(/^Event pattern is not valid\. Reason: /, "").split("\n")[0]!;

interface Comparison {
  /** What both say different things of, a line each. */
  readonly differences: string[];
  /** Pairs of which event-ruler says what it denies of their parts. */
  contradictions: number;
}

function compare(questions: readonly Question[], theirs: readonly Answer[]): Comparison {
  const comparison: Comparison = { differences: [], contradictions: 0 };
  for (const [at, { events, pattern }] of questions.entries()) {
    const [our, their] = [ourAnswer(questions[at]!), theirs[at]!];
    // Both refuse it: which reason comes first is of no interest.
    if ("invalid" in our && "invalid" in their) continue;
    if (!("matches" in our) || !("matches" in their)) {
      const said = `ours ${JSON.stringify(our)}, event-ruler ${JSON.stringify(their)}`;
      comparison.differences.push(`${pattern}: ${said}`);
      continue;
    }
    for (const [index, event] of events.entries()) {
      const ours = our.matches[index]!;
      if (ours === their.matches[index]) continue;
      const difference = narrowed({ pattern, event, ours });
      if (difference) comparison.differences.push(JSON.stringify(difference));
      else comparison.contradictions++;
    }
  }
  return comparison;
}

const ask = (pattern: string, ...events: string[]): [Answer, Answer] => {
  const question = { pattern, events };
  return [ourAnswer(question), askOracle([question])[0]!];
};

describe("our pattern matcher and AWS's event-ruler", function () {
  this.timeout(600_000);

  before(buildOracle);

  it(`say the same of ${PATTERNS * EVENTS_PER_PATTERN} pairs (seed ${SEED})`, () => {
    const generator = new Generator(SEED);
    const questions = Array.from({ length: PATTERNS }, () =>
      generator.question(EVENTS_PER_PATTERN),
    );
    const theirs = askOracle(questions);
    const { contradictions, differences } = compare(questions, theirs);
    expect(differences, `seed ${SEED}`).to.deep.equal([]);
    expect(contradictions).to.be.at.most((PATTERNS * EVENTS_PER_PATTERN) / 1_000);
    // A generator that never matches, or always, would prove nothing.
    const verdicts = theirs.flatMap((answer) => ("matches" in answer ? answer.matches : []));
    const share = verdicts.filter(Boolean).length / verdicts.length;
    expect(share).to.be.within(0.2, 0.8);
    const invalid = theirs.filter((answer) => "invalid" in answer).length;
    expect(invalid / PATTERNS).to.be.within(0.05, 0.5);
  });

  it("give the same reason where one thing is wrong with a pattern", () => {
    const patterns = [
      '{"a":1}',
      '{"a":[]}',
      '{"a":{}}',
      "[]",
      '{"a":[[1]]}',
      '{"a":[{}]}',
      '{"a":[{"PREFIX":"x"}]}',
      '{"a":[{"prefix":1}]}',
      '{"a":[{"prefix":{"suffix":"x"}}]}',
      '{"a":[{"suffix":null}]}',
      '{"a":[{"prefix":"x","suffix":"y"}]}',
      '{"a":[{"equals-ignore-case":["x"]}]}',
      '{"a":[{"wildcard":"a**b"}]}',
      '{"a":[{"wildcard":"ä**b"}]}',
      '{"a":[{"wildcard":"a\\\\b"}]}',
      '{"a":[{"numeric":["<>",1]}]}',
      '{"a":[{"numeric":[">",0,">",1]}]}',
      '{"a":[{"numeric":[">",0,"<"]}]}',
      '{"a":[{"numeric":["=","x"]}]}',
      '{"a":[{"numeric":[">",5,"<",5]}]}',
      '{"a":[{"exists":"yes"}]}',
      '{"a":[{"cidr":"10.0.0.0"}]}',
      '{"a":[{"cidr":"10.0.0.0/32"}]}',
      '{"a":[{"anything-but":null}]}',
      '{"a":[{"anything-but":[1,"x"]}]}',
      '{"a":[{"anything-but":[true]}]}',
      '{"a":[{"anything-but":{"prefix":""}}]}',
      '{"a":[{"anything-but":{"equals-ignore-case":5}}]}',
      '{"a":[{"anything-but":{"cidr":"10.0.0.0/8"}}]}',
      '{"$or":{}}',
      '{"$or":[{"a":[1]}]}',
      '{"$or":[{"a":[1]},2]}',
      '{"$or":[{"a":[1]},{"prefix":[1]}]}',
    ];
    const theirs = askOracle(patterns.map((pattern) => ({ pattern, events: [] })));
    const reasons = (answer: Answer): string =>
      "invalid" in answer ? reasonOf(answer.invalid) : "valid";
    const ours = patterns.map((pattern) => reasons(ourAnswer({ pattern, events: [] })));
    const pairs = patterns.map((pattern, at) => [pattern, reasons(theirs[at]!)]);
    expect(patterns.map((pattern, at) => [pattern, ours[at]])).to.deep.equal(pairs);
  });
});

/** The differences that docs/simulator.md lists. Each that goes away fails here, and leaves the list. */
describe("what we do otherwise than event-ruler, knowingly", function () {
  this.timeout(600_000);

  before(buildOracle);

  it("numbers beyond ±5e9 are not compared (as documented)", () => {
    const [ours, theirs] = ask('{"a":[{"numeric":[">",0]}]}', '{"a":5000000001}');
    expect([ours, theirs]).to.deep.equal([{ matches: [false] }, { matches: [true] }]);
    const [refused, accepted] = ask('{"a":[{"numeric":["<",5000000001]}]}');
    expect(refused).to.have.property("invalid");
    expect(accepted).to.not.have.property("invalid");
  });

  it("$or may make fewer than 1,000 combinations (as documented)", () => {
    const branches = Array.from({ length: 1_000 }, (_, at) => ({ a: [at] }));
    const [ours, theirs] = ask(JSON.stringify({ $or: branches }));
    expect(ours).to.have.property("invalid");
    expect(theirs).to.not.have.property("invalid");
  });

  it("numbers that a double does not hold are rounded", () => {
    const [ours, theirs] = ask('{"a":[9007199254740993]}', '{"a":9007199254740992}');
    expect([ours, theirs]).to.deep.equal([{ matches: [true] }, { matches: [false] }]);
  });

  it("characters beyond U+FFFF are themselves, whatever the case", () => {
    const [ours, theirs] = ask('{"a":[{"equals-ignore-case":"😀"}]}', '{"a":"😀"}', '{"a":"??"}');
    expect(ours).to.deep.equal({ matches: [true, false] });
    expect(theirs).to.deep.equal({ matches: [false, true] });
  });

  it("neither numbers nor addresses of the other kind are in a block of addresses", () => {
    const [ours, theirs] = ask('{"a":[{"cidr":"10.0.0.0/24"}]}', '{"a":"a00:1::"}');
    expect([ours, theirs]).to.deep.equal([{ matches: [false] }, { matches: [true] }]);
    const [ours2, theirs2] = ask('{"a":[{"cidr":"0.0.0.0/0"}]}', '{"a":12345678}');
    expect([ours2, theirs2]).to.deep.equal([{ matches: [false] }, { matches: [true] }]);
  });

  it("a list matches where one of its members does (event-ruler contradicts itself)", () => {
    const or = [{ d: ["f", { exists: false }] }, { d: [{ exists: false }, "g"] }];
    const [ours, theirs] = ask(JSON.stringify({ $or: or }), '{"d":"g"}');
    expect([ours, theirs]).to.deep.equal([{ matches: [true] }, { matches: [false] }]);
    expect(ask('{"d":["g"]}', '{"d":"g"}')[1]).to.deep.equal({ matches: [true] });
  });

  it("a name with a dot in it goes together with elements of an array of that name", () => {
    const pattern = '{"a.b":[1],"a":{"a":[2]}}';
    const [ours, theirs] = ask(pattern, '{"a.b":1,"a":[{"b":0,"a":2},{"a":2}]}');
    expect([ours, theirs]).to.deep.equal([{ matches: [true] }, { matches: [false] }]);
  });

  it("anything-but of an empty list of prefixes, … is refused (event-ruler breaks)", () => {
    const [ours, theirs] = ask('{"a":[{"anything-but":{"prefix":[]}}]}', '{"a":"x"}');
    expect(ours).to.have.property("invalid");
    expect(theirs).to.have.property("failed");
  });
});
