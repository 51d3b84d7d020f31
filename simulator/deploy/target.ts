/** Where a program is deployed. */
export interface Target {
  readonly project: string;
  readonly stack: string;
  readonly accountId: string;
  readonly region: string;
}

/** The account of AWS's own examples. */
export const ACCOUNT_ID = "123456789012";

export const DEFAULT_REGION = "us-east-1";
