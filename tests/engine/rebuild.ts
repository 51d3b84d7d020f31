/** Makes the ledger's books anew, as docs/engine.md tells users to when the idempotency becomes `ledger`. */
import { DeleteItemCommand, DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { topologyOf } from "../../compare/aggregation/topology";
import type { SimulatedAws } from "../../simulator";

const SETTLE_S = 3_600;

/** Before the flip, when all is settled: empties ledger, outbox and aggregates. */
export async function emptyBooks(account: SimulatedAws): Promise<void> {
  const { aggregateTableName, ledgerTableName, outboxTableName } = topologyOf(account.outputs);
  for (const table of [aggregateTableName, ledgerTableName, outboxTableName]) {
    await empty(account.client(DynamoDBClient), table);
  }
  await account.settle({ withinSeconds: SETTLE_S });
}

/** After the flip: has the repair function fold the state table again. */
export async function rebuildBooks(account: SimulatedAws): Promise<void> {
  const { repairFunctionName } = topologyOf(account.outputs);
  const lambda = account.client(LambdaClient);
  for (let request: object | undefined = {}; request;) {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({
        FunctionName: repairFunctionName,
        Payload: Buffer.from(JSON.stringify(request)),
      }),
    );
    const answer = Buffer.from(Payload ?? []).toString();
    if (FunctionError) throw new Error(`The repair failed: ${answer}`);
    const { continueFrom } = JSON.parse(answer) as { continueFrom?: string };
    request = continueFrom === undefined ? undefined : { continueFrom };
  }
  await account.settle({ withinSeconds: SETTLE_S });
}

async function empty(client: DynamoDBClient, table: string): Promise<void> {
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table })) {
    for (const { id } of Items) {
      await client.send(new DeleteItemCommand({ TableName: table, Key: { id: id! } }));
    }
  }
}
