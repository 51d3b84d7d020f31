/** The phases for AWS managed endpoints. Source: "Amazon SNS message delivery retries". */
const IMMEDIATE_RETRIES = 3;
const PRE_BACKOFF_RETRIES = 2;
const BACKOFF_RETRIES = 10;
const POST_BACKOFF_RETRIES = 100_000;
const DELAY_MS = { min: 1_000, max: 20_000 };

/**
 * How long SNS waits after a delivery that failed on the server's side, in milliseconds: 100,015 retries over 23 days.
 * The ten of the back-off phase grow evenly from 1 to 20 s (assumption: sns.backoff).
 *
 * @param retries how many there were before
 * @returns `undefined` if there is no other retry
 */
export function retryDelayMs(retries: number): number | undefined {
  const { max, min } = DELAY_MS;
  let inPhase = retries - IMMEDIATE_RETRIES;
  if (inPhase < 0) return 0;
  if (inPhase < PRE_BACKOFF_RETRIES) return min;
  inPhase -= PRE_BACKOFF_RETRIES;
  if (inPhase < BACKOFF_RETRIES) {
    return Math.round(min * (max / min) ** (inPhase / (BACKOFF_RETRIES - 1)));
  }
  return inPhase < BACKOFF_RETRIES + POST_BACKOFF_RETRIES ? max : undefined;
}
