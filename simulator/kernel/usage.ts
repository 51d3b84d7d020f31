/**
 * What the account used, in the units AWS bills: `<service>.<unit>` → quantity. Prices are not the
 * simulator's business.
 */
export class Usage {
  readonly #quantities = new Map<string, number>();

  add(meter: string, quantity: number): void {
    this.#quantities.set(meter, (this.#quantities.get(meter) ?? 0) + quantity);
  }

  snapshot(): Record<string, number> {
    return Object.fromEntries([...this.#quantities].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
