import { z } from "zod";

/** A deployment package or a layer, as a deployment hands it on: see `Artifact`. */
export const artifactSchema = z.object({
  files: z.record(z.string(), z.string()),
  packages: z.array(z.string()),
  root: z.string(),
  sha256: z.string(),
});
