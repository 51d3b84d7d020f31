import type { RecordedDeployment, RecordedResource } from "./recorded-deployment";

export interface PolicyStatement {
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
  Principal?: unknown;
  Condition?: Record<string, Record<string, string>>;
}

/** The statements of a policy among a resource's inputs. */
export const statementsOf = ({ inputs }: RecordedResource): PolicyStatement[] =>
  (JSON.parse(inputs["policy"] as string) as { Statement: PolicyStatement[] }).Statement;

export function ofType({ resources }: RecordedDeployment, type: string): RecordedResource[] {
  return resources.filter((resource) => resource.type.endsWith(`:${type}`));
}

export function named(
  deployment: RecordedDeployment,
  type: string,
  name: string,
): RecordedResource {
  const found = ofType(deployment, type).find((resource) => resource.name === name);
  if (found === undefined) throw new Error(`There is no ${type} ${name}.`);
  return found;
}

/** What a role's policy allows: each action with what its resources end in. */
export function rightsIn(deployment: RecordedDeployment, policy: string): string[] {
  return statementsOf(named(deployment, "RolePolicy", policy)).flatMap(({ Action, Resource }) =>
    [Action].flat().map((action) => {
      const ends = [Resource].flat().map((arn) => arn.split(":").at(-1));
      return `${action} ${ends.join()}`;
    }),
  );
}
