import { apiGatewayResources } from "../services/apigateway/service";
import { cloudWatchResources } from "../services/cloudwatch/service";
import { dynamoDbResources } from "../services/dynamodb/service";
import { eventBridgeResources } from "../services/eventbridge/service";
import { iamInvokes, iamResources } from "../services/iam/service";
import { kinesisResources } from "../services/kinesis/service";
import { streamMappingResources } from "../services/lambda/mappings/resource";
import { lambdaResources } from "../services/lambda/resources";
import { s3Resources } from "../services/s3/service";
import { snsResources } from "../services/sns/service";
import { sqsResources } from "../services/sqs/service";
import type { ResourceDefinition } from "../services/service";
import type { Catalogue } from "./synthesize";

/** Everything that the services of the account own. */
export const catalogue: Catalogue = {
  resources: [
    ...apiGatewayResources,
    ...cloudWatchResources,
    ...dynamoDbResources,
    ...eventBridgeResources,
    ...iamResources,
    ...kinesisResources,
    ...lambdaResources,
    ...s3Resources,
    ...snsResources,
    ...sqsResources,
    ...streamMappingResources,
  ] as ResourceDefinition[],
  invokes: iamInvokes,
};
