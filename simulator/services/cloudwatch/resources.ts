import { z } from "zod";
import { harmless, harmlessEverywhere } from "../schema";
import type { ResourceDefinition } from "../service";

/** Source: PutRetentionPolicy. 0: never expire. */
const RETENTION_DAYS = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
  3288, 3653,
];

const logGroupSchema = z.strictObject({
  ...harmlessEverywhere,
  name: z.string().regex(/^[.\-_/#A-Za-z0-9]{1,512}$/, {
    error: "must be 1 to 512 letters, digits or . - _ / #",
  }),
  namePrefix: z.string().optional(),
  retentionInDays: z
    .number()
    .refine((days) => RETENTION_DAYS.includes(days), {
      error: `must be one of ${RETENTION_DAYS.join(", ")}`,
    })
    .default(0),
  skipDestroy: z.boolean().default(false),
  logGroupClass: harmless("classes differ in price and in queries, which are not modelled"),
  kmsKeyId: harmless("log lines are kept as they are"),
  deletionProtectionEnabled: z.literal(false).optional(),
});
type LogGroupInputs = z.infer<typeof logGroupSchema>;

const logGroup: ResourceDefinition<LogGroupInputs> = {
  type: "aws:cloudwatch/logGroup:LogGroup",
  schema: logGroupSchema,
  nameProperty: "name",
  replaceOn: ["name", "namePrefix", "logGroupClass"],
  plan: (inputs, { accountId, region }) => {
    const arn = `arn:aws:logs:${region}:${accountId}:log-group:${inputs.name}`;
    return { id: inputs.name, outputs: { ...inputs, arn } };
  },
  create: ({ id }, account) => account.services.cloudwatch.createLogGroup(id),
  update: () => {},
  delete: ({ id, inputs }, account) => {
    if (!inputs.skipDestroy) account.services.cloudwatch.deleteLogGroup(id);
  },
};

const NEVER_EVALUATED = "alarms are never evaluated here";

const alarmSchema = z.strictObject({
  ...harmlessEverywhere,
  name: z.string().min(1).max(255),
  ...Object.fromEntries(
    [
      ...["actionsEnabled", "alarmActions", "alarmDescription", "comparisonOperator"],
      ...["datapointsToAlarm", "dimensions", "evaluateLowSampleCountPercentiles"],
      ...["evaluationPeriods", "extendedStatistic", "insufficientDataActions", "metricName"],
      ...["metricQueries", "namespace", "okActions", "period", "statistic", "threshold"],
      ...["thresholdMetricId", "treatMissingData", "unit"],
    ].map((property) => [property, harmless(NEVER_EVALUATED)]),
  ),
});

const metricAlarm: ResourceDefinition<Record<string, unknown> & { name: string }> = {
  type: "aws:cloudwatch/metricAlarm:MetricAlarm",
  schema: alarmSchema,
  nameProperty: "name",
  replaceOn: ["name"],
  plan: (inputs, { accountId, region }) => ({
    id: inputs.name,
    outputs: {
      ...inputs,
      arn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${inputs.name}`,
    },
  }),
  create: ({ id, type }, account) => account.services.cloudwatch.addInert(`${type} ${id}`),
  update: () => {},
  delete: ({ id, type }, account) => account.services.cloudwatch.removeInert(`${type} ${id}`),
};

const dashboardSchema = z.strictObject({
  dashboardName: z.string().regex(/^[\w-]{1,255}$/),
  dashboardBody: harmless("nobody looks at it here"),
});
type DashboardInputs = z.infer<typeof dashboardSchema>;

const dashboard: ResourceDefinition<DashboardInputs> = {
  type: "aws:cloudwatch/dashboard:Dashboard",
  schema: dashboardSchema,
  nameProperty: "dashboardName",
  replaceOn: ["dashboardName"],
  plan: (inputs, { accountId }) => ({
    id: inputs.dashboardName,
    outputs: {
      ...inputs,
      dashboardArn: `arn:aws:cloudwatch::${accountId}:dashboard/${inputs.dashboardName}`,
    },
  }),
  create: ({ id, type }, account) => account.services.cloudwatch.addInert(`${type} ${id}`),
  update: () => {},
  delete: ({ id, type }, account) => account.services.cloudwatch.removeInert(`${type} ${id}`),
};

/** Log groups; alarms and dashboards exist and do nothing. */
export const cloudWatchResources: ResourceDefinition[] = [logGroup, metricAlarm, dashboard];
