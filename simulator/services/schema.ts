import { z } from "zod";

const HARMLESS = z.registry<{ reason: string }>();

/** A property that is accepted and changes nothing in the simulated account; `reason` says why. */
export function harmless(reason: string): z.ZodType {
  const schema = z.unknown().optional();
  HARMLESS.add(schema, { reason });
  return schema;
}

/** Properties that nearly every AWS resource has and that change no behaviour. */
export const harmlessEverywhere = {
  tags: harmless("labels only"),
  tagsAll: harmless("labels only"),
  description: harmless("text only"),
};
