import { z } from "zod";
import { hash32 } from "../../kernel/random";
import { ServiceError } from "../errors";
import { harmless, harmlessEverywhere } from "../schema";
import type { Resource, ResourceDefinition, ResourceIdentity } from "../service";
import { tableItemResource } from "./table-item-resource";
import { keyAttributes, type IndexSchema, type KeySchema, type TableSchema } from "./table-schema";
import { streamArn, tableArn } from "./tables";

const name = z.string().regex(/^[a-zA-Z0-9_.-]{3,255}$/, "expected 3 to 255 of a-z A-Z 0-9 _ . -");
const attribute = z.string().min(1).max(255);

const projection = {
  projectionType: z.enum(["ALL", "KEYS_ONLY", "INCLUDE"]),
  nonKeyAttributes: z.array(attribute).max(100).optional(),
};

const keySchemas = z.looseObject({
  keySchemas: z
    .array(z.strictObject({ attributeName: z.string(), keyType: z.enum(["HASH", "RANGE"]) }))
    .min(1)
    .max(2),
});

const schema = z
  .strictObject({
    ...harmlessEverywhere,
    name,
    billingMode: z.literal("PAY_PER_REQUEST", {
      error:
        "only PAY_PER_REQUEST is modelled: the throttling of provisioned capacity (the default) is not",
    }),
    hashKey: attribute,
    rangeKey: attribute.optional(),
    attributes: z.array(z.strictObject({ name: attribute, type: z.enum(["S", "N", "B"]) })).min(1),
    globalSecondaryIndexes: z
      .array(
        z.preprocess(
          withPlainKeys,
          z.strictObject({
            name,
            hashKey: attribute,
            rangeKey: attribute.optional(),
            ...projection,
          }),
        ),
      )
      .max(20)
      .default([]),
    localSecondaryIndexes: z
      .array(z.strictObject({ name, rangeKey: attribute, ...projection }))
      .max(5)
      .default([]),
    streamEnabled: z.boolean().default(false),
    streamViewType: z
      .enum(["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"])
      .optional(),
    ttl: z
      .strictObject({ attributeName: attribute.optional(), enabled: z.boolean().default(false) })
      .optional(),
    deletionProtectionEnabled: z.boolean().default(false),
    tableClass: z
      .literal("STANDARD", { error: "only STANDARD is modelled: other classes cost otherwise" })
      .optional(),
    pointInTimeRecovery: harmless("backups only; restoring is not modelled"),
    serverSideEncryption: harmless("every caller of the account may use the key"),
  })
  .superRefine((table, context) => {
    for (const [path, message] of problemsOf(table)) {
      context.addIssue({ code: "custom", path: [path], message });
    }
  });

export type TableInputs = z.infer<typeof schema>;

function problemsOf(table: TableInputs): [string, string][] {
  const problems: [string, string][] = [];
  const defined = new Set(table.attributes.map((defined) => defined.name));
  const used = new Set(
    [table, ...table.globalSecondaryIndexes, ...table.localSecondaryIndexes].flatMap((keyed) => [
      ...("hashKey" in keyed ? [keyed.hashKey] : []),
      ...(keyed.rangeKey === undefined ? [] : [keyed.rangeKey]),
    ]),
  );
  const undefinedKeys = [...used].filter((key) => !defined.has(key));
  const unusedAttributes = [...defined].filter((key) => !used.has(key));
  if (undefinedKeys.length > 0) {
    problems.push(["attributes", `keys without an attribute: ${undefinedKeys.join(", ")}`]);
  }
  if (unusedAttributes.length > 0) {
    problems.push([
      "attributes",
      `all attributes must be indexed; unused: ${unusedAttributes.join(", ")}`,
    ]);
  }
  if (table.localSecondaryIndexes.length > 0 && table.rangeKey === undefined) {
    problems.push(["localSecondaryIndexes", "need a table with a range key"]);
  }
  for (const index of [...table.globalSecondaryIndexes, ...table.localSecondaryIndexes]) {
    if ((index.projectionType === "INCLUDE") !== (index.nonKeyAttributes ?? []).length > 0) {
      problems.push([
        "nonKeyAttributes",
        `${index.name}: must be given exactly if projectionType is INCLUDE`,
      ]);
    }
  }
  if (table.streamEnabled && table.streamViewType === undefined) {
    problems.push(["streamViewType", "required when streamEnabled is true"]);
  }
  if (table.ttl?.enabled && table.ttl.attributeName === undefined) {
    problems.push(["ttl", "attributeName is required when enabled is true"]);
  }
  return problems;
}

/** An index names its keys in either of two ways; `hashKey` and `rangeKey` is the one kept. */
function withPlainKeys(index: unknown): unknown {
  const parsed = keySchemas.safeParse(index);
  if (!parsed.success) return index;
  const { keySchemas: keys, ...others } = parsed.data;
  const of = (type: string) => keys.find(({ keyType }) => keyType === type)?.attributeName;
  const rangeKey = of("RANGE");
  return { ...others, hashKey: of("HASH"), ...(rangeKey !== undefined && { rangeKey }) };
}

const tableResource: ResourceDefinition<TableInputs> = {
  type: "aws:dynamodb/table:Table",
  schema,
  nameProperty: "name",
  replaceOn: ["name", "hashKey", "rangeKey", "localSecondaryIndexes"],
  plan: (inputs, identity) => {
    const arn = tableArn(identity, inputs.name);
    const { stream } = schemaOf(inputs, identity);
    const label = stream?.label ?? "";
    return {
      id: inputs.name,
      outputs: {
        ...inputs,
        arn,
        streamLabel: label,
        streamArn: stream ? streamArn(arn, label) : "",
      },
    };
  },
  create: (table, { services }) => services.dynamodb.createTable(schemaOf(table.inputs, table)),
  update: (table, previous, { services }) => {
    refuseOtherKeyTypes(table, previous);
    services.dynamodb.updateTable(schemaOf(table.inputs, table));
  },
  delete: ({ inputs }, { services }) => services.dynamodb.deleteTable(inputs.name),
  exists: ({ inputs }, { services }) => services.dynamodb.hasTable(inputs.name),
};

export const dynamoDbResources: ResourceDefinition[] = [tableResource, tableItemResource];

function schemaOf(inputs: TableInputs, identity: ResourceIdentity): TableSchema {
  const types = new Map(inputs.attributes.map((defined) => [defined.name, defined.type]));
  const key = (hash: string, range: string | undefined): KeySchema => ({
    hash: { name: hash, type: types.get(hash)! },
    ...(range === undefined ? {} : { range: { name: range, type: types.get(range)! } }),
  });
  const global = inputs.globalSecondaryIndexes.map((index): IndexSchema => ({
    name: index.name,
    kind: "global",
    key: key(index.hashKey, index.rangeKey),
    projection: index.projectionType,
    nonKeyAttributes: index.nonKeyAttributes ?? [],
  }));
  const local = inputs.localSecondaryIndexes.map((index): IndexSchema => ({
    name: index.name,
    kind: "local",
    key: key(inputs.hashKey, index.rangeKey),
    projection: index.projectionType,
    nonKeyAttributes: index.nonKeyAttributes ?? [],
  }));
  const viewType = inputs.streamEnabled ? inputs.streamViewType : undefined;
  const { ttl } = inputs;
  return {
    name: inputs.name,
    key: key(inputs.hashKey, inputs.rangeKey),
    indexes: [...global, ...local],
    ...(viewType ? { stream: { label: streamLabel(identity.urn, viewType), viewType } } : {}),
    ...(ttl?.enabled ? { ttlAttribute: ttl.attributeName! } : {}),
    deletionProtection: inputs.deletionProtectionEnabled,
  };
}

/** An instant, as AWS labels streams; ours depends on the program alone. Another view is another stream. */
function streamLabel(urn: string, viewType: string): string {
  const ms = hash32(`${urn}\n${viewType}`) % 86_400_000;
  const part = (divisor: number, modulus: number, digits: number): string =>
    String(Math.floor(ms / divisor) % modulus).padStart(digits, "0");
  const clock = [part(3_600_000, 24, 2), part(60_000, 60, 2), part(1000, 60, 2)].join(":");
  return `2026-01-01T${clock}.${part(1, 1000, 3)}`;
}

function refuseOtherKeyTypes(table: Resource<TableInputs>, previous: Resource<TableInputs>): void {
  const typesOf = (resource: Resource<TableInputs>): string =>
    keyAttributes(schemaOf(resource.inputs, resource).key)
      .map(({ type }) => type)
      .join();
  if (typesOf(table) === typesOf(previous)) return;
  throw new ServiceError(
    "ValidationException",
    `${table.name}: attributes: the type of a key cannot change; give the table another name`,
  );
}
