import { ServiceError } from "../../errors";

/** Source: recorded from AWS, whose reasons also name a line and a column, which are left out here. */
export const invalidPattern = (reason: string): ServiceError =>
  new ServiceError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);
