import type {
  DeleteTableCommandInput,
  DescribeTableCommandInput,
  DescribeTimeToLiveCommandInput,
  ListTablesCommandInput,
} from "@aws-sdk/client-dynamodb";
import { uuidOf } from "../../kernel/random";
import type { Account } from "../account";
import { ServiceError } from "../errors";
import type { Operation } from "../service";
import type { Table } from "./table";
import { keyAttributes, type IndexSchema, type KeySchema } from "./table-schema";
import { nameOf, tableArn, type Tables } from "./tables";

const TABLES_A_PAGE = 100;

/** What is asked about whole tables, and their deletion. */
export function descriptions(account: Account, tables: Tables): Record<string, Operation> {
  const described = (TableName: string): Table => {
    const table = tables.find(TableName);
    if (table) return table;
    throw new ServiceError(
      "ResourceNotFoundException",
      `Requested resource not found: Table: ${nameOf(TableName)} not found`,
    );
  };
  return {
    DeleteTable: {
      permissions: ({ TableName = "" }: DeleteTableCommandInput) => [
        { action: "dynamodb:DeleteTable", resource: tableArn(account, TableName) },
      ],
      execute: ({ TableName = "" }: DeleteTableCommandInput) => {
        const table = described(TableName);
        const { schema } = table;
        tables.delete(schema.name);
        return { TableDescription: { ...tableDescription(table), TableStatus: "DELETING" } };
      },
    },
    DescribeTable: {
      permissions: ({ TableName = "" }: DescribeTableCommandInput) => [
        { action: "dynamodb:DescribeTable", resource: tableArn(account, TableName) },
      ],
      execute: ({ TableName = "" }: DescribeTableCommandInput) => ({
        Table: tableDescription(described(TableName)),
      }),
    },
    DescribeTimeToLive: {
      permissions: ({ TableName = "" }: DescribeTimeToLiveCommandInput) => [
        { action: "dynamodb:DescribeTimeToLive", resource: tableArn(account, TableName) },
      ],
      execute: ({ TableName = "" }: DescribeTimeToLiveCommandInput) => {
        const { ttlAttribute } = described(TableName).schema;
        return {
          TimeToLiveDescription:
            ttlAttribute === undefined
              ? { TimeToLiveStatus: "DISABLED" }
              : { TimeToLiveStatus: "ENABLED", AttributeName: ttlAttribute },
        };
      },
    },
    ListTables: {
      permissions: () => [{ action: "dynamodb:ListTables", resource: "*" }],
      execute: ({ ExclusiveStartTableName: start, Limit }: ListTablesCommandInput) => {
        const names = tables.names().filter((name) => start === undefined || name > start);
        const listed = names.slice(0, Limit ?? TABLES_A_PAGE);
        return {
          TableNames: listed,
          ...(listed.length < names.length ? { LastEvaluatedTableName: listed.at(-1) } : {}),
        };
      },
    },
  };
}

const keySchema = (schema: KeySchema): object[] =>
  keyAttributes(schema).map(({ name }, index) => ({
    AttributeName: name,
    KeyType: index === 0 ? "HASH" : "RANGE",
  }));

function tableDescription(table: Table): object {
  const { schema, arn, stream } = table;
  const attributes = [schema.key, ...schema.indexes.map(({ key }) => key)].flatMap(keyAttributes);
  const types = new Map(attributes.map(({ name, type }) => [name, type]));
  const global = schema.indexes.filter(({ kind }) => kind === "global");
  const local = schema.indexes.filter(({ kind }) => kind === "local");
  return {
    TableName: table.name,
    TableArn: arn,
    TableId: uuidOf(arn),
    TableStatus: "ACTIVE",
    CreationDateTime: new Date(table.createdAtMs),
    AttributeDefinitions: [...types].map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    KeySchema: keySchema(schema.key),
    ItemCount: table.itemCount,
    TableSizeBytes: table.bytes,
    BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
    ProvisionedThroughput: {
      NumberOfDecreasesToday: 0,
      ReadCapacityUnits: 0,
      WriteCapacityUnits: 0,
    },
    DeletionProtectionEnabled: schema.deletionProtection,
    ...(global.length > 0 ? { GlobalSecondaryIndexes: global.map((i) => index(arn, i)) } : {}),
    ...(local.length > 0 ? { LocalSecondaryIndexes: local.map((i) => index(arn, i)) } : {}),
    ...(stream
      ? {
          StreamSpecification: { StreamEnabled: true, StreamViewType: stream.viewType },
          LatestStreamArn: stream.arn,
          LatestStreamLabel: stream.label,
        }
      : {}),
  };
}

function index(tableArnText: string, schema: IndexSchema): object {
  return {
    IndexName: schema.name,
    IndexArn: `${tableArnText}/index/${schema.name}`,
    ...(schema.kind === "global" ? { IndexStatus: "ACTIVE" } : {}),
    KeySchema: keySchema(schema.key),
    Projection: {
      ProjectionType: schema.projection,
      ...(schema.projection === "INCLUDE"
        ? { NonKeyAttributes: [...schema.nonKeyAttributes] }
        : {}),
    },
  };
}
