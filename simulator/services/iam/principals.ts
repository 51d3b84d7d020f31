import { splitArn } from "./pattern";

/** Who makes a request, as resource policies see it. */
export type Principal =
  | { readonly kind: "role"; readonly arn: string; readonly accountId: string }
  /** `events.amazonaws.com`. */
  | { readonly kind: "service"; readonly service: string };

export interface PrincipalMatcher {
  /** By name or as anybody: this alone is enough to allow. */
  names(principal: Principal): boolean;
  /** As part of a named account: this delegates to the account's own policies, and can only deny. */
  includes(principal: Principal): boolean;
}

/** @param problems collects what is wrong, one sentence each */
export function compilePrincipals(source: unknown, problems: string[]): PrincipalMatcher {
  if (source === "*") return { names: () => true, includes: () => true };
  if (typeof source !== "object" || source === null || Array.isArray(source)) {
    problems.push('Principal must be "*" or an object with AWS or Service');
    return { names: () => false, includes: () => false };
  }
  const aws: string[] = [];
  const services: string[] = [];
  for (const [type, value] of Object.entries(source as Record<string, unknown>)) {
    const list = (Array.isArray(value) ? value : [value]) as unknown[];
    if (!list.every((item) => typeof item === "string")) {
      problems.push(`Principal ${type} must be a text or a list of texts`);
    } else if (type === "AWS") {
      aws.push(...list);
    } else if (type === "Service") {
      services.push(...list);
    } else {
      problems.push(`Principal ${type} is not modelled; expected AWS or Service`);
    }
  }
  const anybody = aws.includes("*");
  const accounts = new Set(aws.map(accountOf).filter((id) => id !== undefined));
  const names = (principal: Principal): boolean => {
    if (principal.kind === "service") return anybody || services.includes(principal.service);
    return anybody || aws.includes(principal.arn);
  };
  return {
    names,
    includes: (principal) =>
      names(principal) || (principal.kind === "role" && accounts.has(principal.accountId)),
  };
}

/** The account that `123456789012` or `arn:aws:iam::123456789012:root` stands for. */
function accountOf(principal: string): string | undefined {
  if (/^\d{12}$/.test(principal)) return principal;
  const parts = splitArn(principal);
  return parts?.[5] === "root" ? parts[4] : undefined;
}
