import type { ResourceDefinition } from "../service";
import { aliasDefinition } from "./alias-resource";
import { eventInvokeConfigDefinition } from "./event-invoke-config";
import { functionDefinition } from "./function-resource";
import { layerVersionDefinition } from "./layer-resource";
import { permissionDefinition } from "./permission-resource";

export const lambdaResources = [
  functionDefinition,
  aliasDefinition,
  layerVersionDefinition,
  permissionDefinition,
  eventInvokeConfigDefinition,
] as unknown as ResourceDefinition[];
