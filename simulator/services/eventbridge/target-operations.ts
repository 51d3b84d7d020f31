import type {
  ListTargetsByRuleCommandInput,
  PutTargetsCommandInput,
  RemoveTargetsCommandInput,
  Target,
} from "@aws-sdk/client-eventbridge";
import { refuseUnmodelled } from "../request-input";
import type { Operation, RequiredPermission } from "../service";
import { pageOf } from "./page";
import type { EventBridge } from "./service";
import { addTarget, compileTarget, RETRY_POLICY_DEFAULT, type TargetSettings } from "./target";

const TARGET_PARAMETERS = [
  ...["Id", "Arn", "RoleArn", "Input", "InputPath", "InputTransformer", "SqsParameters"],
  ...["RetryPolicy", "DeadLetterConfig"],
];

export function targetOperations(service: EventBridge): Readonly<Record<string, Operation>> {
  const onRule =
    (action: string) =>
    ({
      EventBusName,
      Rule = "",
    }: {
      EventBusName?: string;
      Rule?: string;
    }): RequiredPermission[] => [{ action, resource: service.ruleArn(Rule, EventBusName) }];
  return {
    ListTargetsByRule: {
      permissions: onRule("events:ListTargetsByRule"),
      execute: (input: ListTargetsByRuleCommandInput) => {
        const modelled = ["Rule", "EventBusName", "Limit", "NextToken"];
        refuseUnmodelled("EventBridge.ListTargetsByRule", input, modelled);
        const { targets } = service.rule(input.Rule ?? "", input.EventBusName);
        const { items, ...next } = pageOf([...targets.values()], input);
        return { Targets: items.map(({ settings }) => describeTarget(settings)), ...next };
      },
    },
    PutTargets: {
      permissions: onRule("events:PutTargets"),
      execute: (input: PutTargetsCommandInput) => {
        refuseUnmodelled("EventBridge.PutTargets", input, ["Rule", "EventBusName", "Targets"]);
        const { targets } = service.rule(input.Rule ?? "", input.EventBusName);
        const added = (input.Targets ?? []).map((target) => {
          refuseUnmodelled("EventBridge.PutTargets", target, TARGET_PARAMETERS);
          return compileTarget(settingsOf(target));
        });
        // All or none: a limit must not be found out half-way.
        const changed = new Map(targets);
        for (const target of added) addTarget(changed, target);
        for (const [id, target] of changed) targets.set(id, target);
        return { FailedEntryCount: 0, FailedEntries: [] };
      },
    },
    RemoveTargets: {
      permissions: onRule("events:RemoveTargets"),
      execute: (input: RemoveTargetsCommandInput) => {
        refuseUnmodelled("EventBridge.RemoveTargets", input, [
          "Rule",
          "EventBusName",
          "Ids",
          "Force",
        ]);
        const { targets } = service.rule(input.Rule ?? "", input.EventBusName);
        const FailedEntries = (input.Ids ?? []).flatMap((TargetId) => {
          if (targets.delete(TargetId)) return [];
          const ErrorMessage = `Rule ${input.Rule} does not have target(s) with id: ${TargetId}.`;
          return [{ TargetId, ErrorCode: "ResourceNotFoundException", ErrorMessage }];
        });
        return { FailedEntryCount: FailedEntries.length, FailedEntries };
      },
    },
  };
}

function settingsOf(target: Target): TargetSettings {
  const { DeadLetterConfig, InputTransformer, RetryPolicy, SqsParameters } = target;
  const attempts = RetryPolicy?.MaximumRetryAttempts;
  const age = RetryPolicy?.MaximumEventAgeInSeconds;
  return {
    id: target.Id ?? "",
    arn: target.Arn ?? "",
    roleArn: target.RoleArn,
    input: target.Input,
    inputPath: target.InputPath,
    inputTransformer: InputTransformer && {
      paths: InputTransformer.InputPathsMap ?? {},
      template: InputTransformer.InputTemplate ?? "",
    },
    messageGroupId: SqsParameters?.MessageGroupId,
    deadLetterArn: DeadLetterConfig?.Arn,
    retryPolicy: RetryPolicy && {
      maximumRetryAttempts: attempts ?? RETRY_POLICY_DEFAULT.maximumRetryAttempts,
      maximumEventAgeInSeconds: age ?? RETRY_POLICY_DEFAULT.maximumEventAgeInSeconds,
    },
  };
}

function describeTarget(settings: TargetSettings): Target {
  const { deadLetterArn, inputTransformer, messageGroupId, retryPolicy } = settings;
  return {
    Id: settings.id,
    Arn: settings.arn,
    ...(settings.roleArn && { RoleArn: settings.roleArn }),
    ...(settings.input !== undefined && { Input: settings.input }),
    ...(settings.inputPath !== undefined && { InputPath: settings.inputPath }),
    ...(inputTransformer && {
      InputTransformer: {
        InputPathsMap: { ...inputTransformer.paths },
        InputTemplate: inputTransformer.template,
      },
    }),
    ...(messageGroupId && { SqsParameters: { MessageGroupId: messageGroupId } }),
    ...(deadLetterArn && { DeadLetterConfig: { Arn: deadLetterArn } }),
    ...(retryPolicy && {
      RetryPolicy: {
        MaximumRetryAttempts: retryPolicy.maximumRetryAttempts,
        MaximumEventAgeInSeconds: retryPolicy.maximumEventAgeInSeconds,
      },
    }),
  };
}
