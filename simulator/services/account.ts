import type { Assumptions } from "../assumptions";
import type { FaultPlan } from "../kernel/faults";
import type { Kernel } from "../kernel/kernel";
import type { Random } from "../kernel/random";
import type { Trace } from "../kernel/trace";
import type { Usage } from "../kernel/usage";
import type { ApiGateway } from "./apigateway/service";
import type { CloudWatch } from "./cloudwatch/service";
import type { DynamoDb } from "./dynamodb/service";
import type { EventBridge } from "./eventbridge/service";
import type { Iam } from "./iam/service";
import type { Kinesis } from "./kinesis/service";
import type { Lambda } from "./lambda/service";
import type { S3 } from "./s3/service";
import type { Sns } from "./sns/service";
import type { Sqs } from "./sqs/service";

/** The services of an account, by name. Each reaches the others through here. */
export interface Services {
  readonly apigateway: ApiGateway;
  readonly cloudwatch: CloudWatch;
  readonly dynamodb: DynamoDb;
  readonly eventbridge: EventBridge;
  readonly iam: Iam;
  readonly kinesis: Kinesis;
  readonly lambda: Lambda;
  readonly s3: S3;
  readonly sns: Sns;
  readonly sqs: Sqs;
}

/** A simulated AWS account: its clock, its randomness and its services. */
export interface Account {
  /** Twelve digits. */
  readonly accountId: string;
  readonly region: string;
  readonly kernel: Kernel;
  readonly trace: Trace;
  readonly random: Random;
  readonly usage: Usage;
  readonly assumptions: Assumptions;
  readonly faults: FaultPlan;
  readonly services: Services;
}
