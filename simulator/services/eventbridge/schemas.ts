import { z } from "zod";
import { ServiceError } from "../errors";
import { compilePattern } from "./patterns/pattern";

/** Source: the API's `EventPattern`. */
const PATTERN_LENGTH_MAX = 4_096;

/** An event pattern's text; what is wrong with it is refused at deployment. */
export const eventPattern = z
  .string()
  .max(PATTERN_LENGTH_MAX)
  .superRefine((json, context) => {
    try {
      compilePattern(json);
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
      context.addIssue({ code: "custom", message: cause.message });
    }
  });
