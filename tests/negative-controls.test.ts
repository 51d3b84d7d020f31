import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { expect } from "chai";
import { groundTruthOf } from "../compare/aggregation/ground-truth";
import { recordsOf, type StreamRecord } from "../compare/aggregation/multiplicity";
import { produce } from "../compare/aggregation/produce";
import { scoreAt } from "../compare/aggregation/scoring";
import { FUNCTIONS, topologyOf } from "../compare/aggregation/topology";
import { START_AT, START_AT_MS } from "../compare/workloads";
import { synthesize, type Deployment, type Fault } from "../simulator";
import { chaos } from "./support/chaos";
import { mutated, type Replacement } from "./support/mutants";
import { plainIdsOf, PROJECT, smallWorkload, trial } from "./support/trial";

const MOCHA = require.resolve("mocha/bin/mocha.js");

/** Seeds that a mutant may survive. The weakest kill rate to be expected, 17 %, leaves 3 % of it after these. */
const SEEDS_MAX = 20;

/** Seeds at which the handlers as they are must pass what mutants fail. */
const SOUND_SEEDS = 3;

/** No fault strikes from here on. */
const CALM_MS = START_AT_MS + 60_000;

const stacks = new Map<string, Promise<Deployment>>();

function deploymentOf(stack: string, idempotency: "ledger" | "batch-hash"): Promise<Deployment> {
  const key = `${stack} ${idempotency}`;
  const known =
    stacks.get(key) ??
    synthesize(PROJECT, { stack, config: { "redrive:idempotency": idempotency } });
  stacks.set(key, known);
  return known;
}

/** A mutant that nothing could let pass. */
const CANARY = "rows that nothing applies";

const applying = [FUNCTIONS.reduce, FUNCTIONS.sweep, FUNCTIONS.repair];

/** Changes that make the ledger's handlers wrong, each in one of the places that exactness rests on. */
const MUTANTS: Record<string, readonly Replacement[]> = {
  "no version fence": [
    {
      functions: [FUNCTIONS.map, FUNCTIONS.repair],
      text: 'base===void 0?"attribute_not_exists(id)":"#v = :bv AND #h = :bh"',
      by: '"attribute_exists(id) OR attribute_not_exists(id)"',
    },
    {
      functions: [FUNCTIONS.map, FUNCTIONS.repair],
      text: ',...base&&{":bv":{N:String(base.version)},":bh":{S:base.contentHash}}',
      by: "",
    },
  ],
  "fence <= instead of =": [
    {
      functions: [FUNCTIONS.map, FUNCTIONS.repair],
      text: 'base===void 0?"attribute_not_exists(id)":"#v = :bv AND #h = :bh"',
      by: '"attribute_not_exists(id) OR #v <= :v"',
    },
    {
      functions: [FUNCTIONS.map, FUNCTIONS.repair],
      text: ',...base&&{":bv":{N:String(base.version)},":bh":{S:base.contentHash}}',
      by: "",
    },
  ],
  "outbox outside the transaction": [
    {
      functions: [FUNCTIONS.map, FUNCTIONS.repair],
      text: "items.push(outboxPut(tables.outbox,rowIdOf(ids,open),delta));",
      by: "const row={...outboxPut(tables.outbox,rowIdOf(ids,open),delta).Put};",
    },
    {
      functions: [FUNCTIONS.map, FUNCTIONS.repair],
      text: "if(reasons===void 0)return ids.length;correctBases",
      by:
        "if(reasons===void 0){await client.send(new import_client_dynamodb.PutItemCommand(row));" +
        "return ids.length}correctBases",
    },
  ],
  "claim unconditional": [
    {
      functions: applying,
      text: '"attribute_exists(id) AND attribute_not_exists(#a)"',
      by: '"attribute_exists(id)"',
    },
  ],
  "claim outside the transaction": [
    {
      functions: applying,
      text: "const items=open.map(row=>claim(target,row.id,nowS));items.push(",
      by:
        "const free=[];for(const row of open){" +
        "const{ReturnValuesOnConditionCheckFailure,...input}=claim(target,row.id,nowS).Update;" +
        "try{await client.send(new import_client_dynamodb.UpdateItemCommand(input));free.push(row)}" +
        'catch(e){if(e.name!=="ConditionalCheckFailedException")throw e}}' +
        "open=free;if(open.length===0)return 0;const items=[];items.push(",
    },
  ],
  [CANARY]: [
    {
      functions: applying,
      text: "const budget=(0,import_transact.contentionBudget)();let open=[...rows];",
      by: 'throw new Error("canary");let open=[...rows];',
    },
  ],
};

const LAST_BY_ARRIVAL: readonly Replacement[] = [
  {
    functions: [FUNCTIONS.map],
    text: "else if((0,import_entity.isNewer)(change.next,step.next))step.next=change.next",
    by: "else step.next=change.next",
  },
];

const S1: readonly Replacement[] = [
  {
    functions: [FUNCTIONS.state],
    text: "try{if(!await accept(kinesis.data))",
    by:
      "if(Date.now()/1000-kinesis.approximateArrivalTimestamp>60)continue;" +
      "try{if(!await accept(kinesis.data))",
  },
];

const S2: readonly Replacement[] = [
  {
    functions: [FUNCTIONS.map],
    text:
      "return(0,import_batch_outcome.stopAt)(event.Records[0]?.dynamodb?.SequenceNumber,cause," +
      'partialResponses,"map")',
    by: "return{statusCode:500}",
  },
];

/**
 * What is wrong with a run of the ledger's handlers under every kind of fault; undefined if nothing is.
 *
 * @param conserving whether to look after every event, or at the end only
 */
async function wrongAt(
  deployment: Deployment,
  seed: number,
  conserving: boolean,
): Promise<string | undefined> {
  const workload = smallWorkload("burst", seed);
  const faults = chaos(seed, plainIdsOf(workload));
  try {
    const { result } = await trial(deployment, { workload, seed, faults, conserving });
    const { exact, records } = result;
    if (!exact) return "not exact";
    return records.lost > 0 ? `${records.lost} lost` : undefined;
  } catch (cause) {
    return (cause as Error).message;
  }
}

/** What the check after every event says; other oracles must not stand in for it. */
const CONSERVATION = /^The (outbox|applied) rows do not add up/;

/** Whether some seed shows that something is wrong. */
async function isCaught(deployment: Deployment): Promise<boolean> {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    if ((await wrongAt(deployment, seed, false)) !== undefined) return true;
  }
  return false;
}

/** Whether at some seed, an event leaves sums that are not conserved. */
async function isCaughtByConservation(deployment: Deployment): Promise<boolean> {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    if (CONSERVATION.test((await wrongAt(deployment, seed, true)) ?? "")) return true;
  }
  return false;
}

describe("negative controls", function () {
  this.timeout(60_000);

  describe("mutants of the ledger's handlers, under every kind of fault", () => {
    it("finds nothing wrong with the handlers as they are", async () => {
      const deployment = await deploymentOf("dev", "ledger");
      for (let seed = 1; seed <= SOUND_SEEDS; seed += 1) {
        expect(await wrongAt(deployment, seed, true), `seed ${seed}`).to.equal(undefined);
      }
    });

    for (const [name, replacements] of Object.entries(MUTANTS)) {
      it(`catches ${name}`, async () => {
        const deployment = mutated(await deploymentOf("dev", "ledger"), replacements);
        expect(await isCaught(deployment), "at the end").to.equal(true);
        // What only stands still breaks no law of conservation.
        if (name === CANARY) return;
        expect(await isCaughtByConservation(deployment), "after an event").to.equal(true);
      });
    }

    it("catches the last record of a batch being taken for the newest, in a shuffled redrive", async () => {
      const deployment = await deploymentOf("bounded-retries", "ledger");
      const mutant = mutated(deployment, LAST_BY_ARRIVAL);
      expect(await scoreAfterShuffledRedrive(deployment)).to.equal(100);
      expect(await scoreAfterShuffledRedrive(mutant)).to.equal(0);
    });
  });

  describe("the workshop's loss bugs", () => {
    const losses = async (deployment: Deployment, faults: Fault[]): Promise<number> => {
      const { result } = await trial(deployment, {
        workload: smallWorkload("burst", 1),
        seed: 1,
        faults,
      });
      expect(result.exact).to.equal(result.records.lost === 0);
      return result.records.lost;
    };

    it("finds what State loses when it skips records older than a minute (S1)", async () => {
      const deployment = await deploymentOf("aws-defaults", "ledger");
      const down: Fault = {
        function: FUNCTIONS.state,
        kind: "down",
        until: START_AT_MS + 90_000,
      };
      expect(await losses(deployment, [down])).to.equal(0);
      expect(await losses(mutated(deployment, S1), [down])).to.be.above(50);
      expect(await losses(mutated(deployment, S1), [])).to.equal(0);
    });

    it("finds what Map loses when it returns a value that means an error (S2)", async () => {
      const deployment = await deploymentOf("aws-defaults", "batch-hash");
      // All attempts that the SDK makes.
      const throttled = [1, 2, 3].map((call): Fault => ({
        function: FUNCTIONS.map,
        kind: "sdk-error",
        at: { invocation: 2, call },
        error: { code: "ThrottlingException", effect: false },
      }));
      expect(await losses(deployment, throttled)).to.equal(0);
      expect(await losses(mutated(deployment, S2), throttled)).to.be.above(0);
      expect(await losses(mutated(deployment, S2), [])).to.equal(0);
    });
  });

  it("finds batch-hash counting twice under bisect, where the ledger does not", async () => {
    const faults: Fault[] = [
      { function: FUNCTIONS.map, kind: "after-commit", probability: 0.3, until: CALM_MS },
    ];
    const workload = smallWorkload("burst", 1, 400);
    const conditions = { workload, seed: 1, faults };
    const wrong = await trial(await deploymentOf("bisect", "batch-hash"), conditions);
    const right = await trial(await deploymentOf("bisect", "ledger"), conditions);
    expect(wrong.result).to.deep.include({ exact: false, consistent: false });
    expect(wrong.result.records.duplicated).to.be.above(0);
    expect(right.result.consistent).to.equal(true);
    expect(right.result.records.duplicated).to.equal(0);
  });

  describe("a canary that always fails", () => {
    it("fails", () => {
      const { status, stdout } = spawnSync(
        process.execPath,
        [MOCHA, "--no-config", "--import=tsx", join(__dirname, "support/canary.ts")],
        { encoding: "utf8" },
      );
      expect(stdout).to.contain("1 failing");
      expect(status).to.equal(1);
    });
  });
});

/** Lets Map give up everything, and hands it the records again, those of an entity in the wrong order. */
async function scoreAfterShuffledRedrive(deployment: Deployment): Promise<number> {
  const workload = smallWorkload("burst", 1, 400);
  const faults: Fault[] = [{ function: FUNCTIONS.map, kind: "down", until: CALM_MS }];
  const account = await deployment.start({ seed: 1, faults, startAt: START_AT });
  const topology = topologyOf(account.outputs);
  await produce(account, topology.streamName, workload, START_AT_MS);
  await account.settle({ withinSeconds: 3_600 });
  const given = account.invocations(FUNCTIONS.map).flatMap(({ event }) => recordsOf(event));
  const once = new Map(given.map((record) => [record.eventID, record]));
  const idOf = (record: StreamRecord): string => record.dynamodb!.NewImage!["id"]!.S!;
  const shuffled = [...once.values()].reverse();
  shuffled.sort((a, b) => (idOf(a) < idOf(b) ? -1 : Number(idOf(a) > idOf(b))));
  await account.client(LambdaClient).send(
    new InvokeCommand({
      FunctionName: FUNCTIONS.map,
      Payload: Buffer.from(JSON.stringify({ Records: shuffled })),
    }),
  );
  await account.settle({ withinSeconds: 3_600 });
  return scoreAt(account, topology, groundTruthOf(workload.records));
}
