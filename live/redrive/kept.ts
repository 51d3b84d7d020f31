/** A letter that stays, and why. */
export interface Kept {
  readonly letter: string;
  readonly items: number;
  readonly why: string;
}
