import type { ResourceDefinition } from "../service";
import { apiResources } from "./api-resources";
import { methodResources } from "./method-resources";
import { stageResources } from "./stage-resources";

/** REST APIs with Lambda proxy integrations. OpenAPI bodies, authorizers, keys and caches are not modelled. */
export const apiGatewayResources: ResourceDefinition[] = [
  ...apiResources,
  ...methodResources,
  ...stageResources,
];
