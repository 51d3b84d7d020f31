import type { Account } from "../account";
import type { Caller } from "../service";

/** From the block that is kept for documentation (RFC 5737): requests come from nobody's address. */
export const SOURCE_IP = "203.0.113.1";

/** `requestContext.identity` of a request to a method with AWS_IAM authorisation, or to one without. */
export interface Identity {
  readonly accessKey: string | null;
  readonly accountId: string | null;
  readonly caller: string | null;
  readonly cognitoAuthenticationProvider: null;
  readonly cognitoAuthenticationType: null;
  readonly cognitoIdentityId: null;
  readonly cognitoIdentityPoolId: null;
  readonly principalOrgId: null;
  readonly sourceIp: string;
  readonly user: string | null;
  readonly userAgent: string | null;
  readonly userArn: string | null;
}

const ANONYMOUS = {
  accessKey: null,
  accountId: null,
  caller: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  user: null,
  userArn: null,
} as const;

/** @param caller of a signed request that was let in because of its signature */
export function identityOf(
  { accountId, services }: Account,
  caller: Caller | undefined,
  userAgent: string | undefined,
): Identity {
  const where = { sourceIp: SOURCE_IP, userAgent: userAgent ?? null };
  if (!caller) return { ...ANONYMOUS, ...where };
  const name = caller.arn.slice(caller.arn.lastIndexOf("/") + 1);
  const principal = services.iam.principalId(caller.arn);
  const isRole = caller.kind === "role";
  const user = isRole ? `${principal}:${name}` : principal;
  return {
    ...ANONYMOUS,
    ...where,
    accountId,
    accessKey: isRole ? "ASIASIMULATED" : "AKIASIMULATED",
    caller: user,
    user,
    // Sessions are named like their role.
    userArn: isRole ? `arn:aws:sts::${accountId}:assumed-role/${name}/${name}` : caller.arn,
  };
}
