import { type Delivery, type Reply, type WindowEvent, World, type WorldOptions } from "./world";

/** Adds up: the state counts the records that it has seen, by text. */
export function adding(texts: readonly string[], { state }: WindowEvent): { state: object } {
  const sum = { ...state } as Record<string, number>;
  for (const text of texts) sum[text] = (sum[text] ?? 0) + 1;
  return { state: sum };
}

/** What a function that adds up answers, unless `fails` says how the `call`-th delivery ends. */
export function windowWorld(
  options: WorldOptions = {},
  fails: (texts: readonly string[], call: number, event: WindowEvent) => Reply | undefined = () =>
    undefined,
): World {
  return new World({
    ...options,
    settings: { tumblingWindowInSeconds: 60, ...options.settings },
    reply: (texts, call, event) => fails(texts, call, event) ?? { response: adding(texts, event) },
  });
}

/** `records | state | flags` of each delivery: `r1 r2 | r0:1`, `- | r0:1 r1:1 r2:1 | final`. */
export const told = (world: World): string[] => world.deliveries.map(toldOf);

function toldOf({ event, texts }: Delivery): string {
  const state = Object.entries(event.state).map(([text, count]) => `${text}:${String(count)}`);
  const flags = [
    ...(event.isFinalInvokeForWindow ? ["final"] : []),
    ...(event.isWindowTerminatedEarly ? ["early"] : []),
  ];
  const parts = [texts.join(" ") || "-", state.join(" ") || "-", ...flags];
  return parts.join(" | ");
}

/** `kind window-second flags` of each decision. */
export const decided = (world: World): string[] =>
  world.mapping.decisions.map(({ kind, recordIds, window }) => {
    const at = window ? ` ${(window.startMs / 1000) % 3600}` : "";
    return `${kind} ${recordIds.length}${at}${window?.isFinal ? " final" : ""}${window?.isTerminatedEarly ? " early" : ""}`;
  });
