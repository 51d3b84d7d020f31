import type {
  DescribeEventBusCommandInput,
  DescribeRuleCommandInput,
  EnableRuleCommandInput,
  ListRulesCommandInput,
} from "@aws-sdk/client-eventbridge";
import { refuseUnmodelled } from "../request-input";
import type { Operation, RequiredPermission } from "../service";
import { hasPrefix, pageOf } from "./page";
import type { Rule } from "./rule";
import type { EventBridge } from "./service";

export function ruleOperations(service: EventBridge): Readonly<Record<string, Operation>> {
  const onRule =
    (action: string) =>
    ({ EventBusName, Name = "" }: DescribeRuleCommandInput): RequiredPermission[] => [
      { action, resource: service.ruleArn(Name, EventBusName) },
    ];
  const setState = (operation: string, enabled: boolean): Operation => ({
    permissions: onRule(`events:${operation}`),
    execute: (input: EnableRuleCommandInput) => {
      refuseUnmodelled(`EventBridge.${operation}`, input, ["Name", "EventBusName"]);
      const rule = service.rule(input.Name ?? "", input.EventBusName);
      rule.update({ ...rule.settings, enabled });
      return {};
    },
  });
  return {
    EnableRule: setState("EnableRule", true),
    DisableRule: setState("DisableRule", false),
    DescribeRule: {
      permissions: onRule("events:DescribeRule"),
      execute: (input: DescribeRuleCommandInput) => {
        refuseUnmodelled("EventBridge.DescribeRule", input, ["Name", "EventBusName"]);
        const rule = service.rule(input.Name ?? "", input.EventBusName);
        return { ...describeRule(rule), CreatedBy: service.account.accountId };
      },
    },
    ListRules: {
      permissions: ({ EventBusName }: ListRulesCommandInput) => [
        { action: "events:ListRules", resource: service.ruleArn("*", EventBusName) },
      ],
      execute: (input: ListRulesCommandInput) => {
        const modelled = ["NamePrefix", "EventBusName", "Limit", "NextToken"];
        refuseUnmodelled("EventBridge.ListRules", input, modelled);
        const isListed = hasPrefix(input.NamePrefix);
        const rules = [...service.bus(input.EventBusName).rules.values()]
          .filter(({ settings }) => isListed(settings.name))
          .sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
        const { items, ...next } = pageOf(rules, input);
        return { Rules: items.map(describeRule), ...next };
      },
    },
    DescribeEventBus: {
      permissions: ({ Name }: DescribeEventBusCommandInput) => [
        { action: "events:DescribeEventBus", resource: service.busArn(Name) },
      ],
      execute: (input: DescribeEventBusCommandInput) => {
        refuseUnmodelled("EventBridge.DescribeEventBus", input, ["Name"]);
        const { arn, createdAtMs, description, name, policy } = service.bus(input.Name);
        const time = new Date(createdAtMs);
        return {
          ...{ Name: name, Arn: arn, Description: description, Policy: policy },
          ...{ CreationTime: time, LastModifiedTime: time },
        };
      },
    },
  };
}

const describeRule = ({ settings }: Rule): object => ({
  Name: settings.name,
  Arn: settings.arn,
  EventPattern: settings.pattern,
  ScheduleExpression: settings.schedule?.expression,
  State: settings.enabled ? "ENABLED" : "DISABLED",
  Description: settings.description,
  EventBusName: settings.busName,
});
