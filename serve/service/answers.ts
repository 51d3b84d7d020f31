import { z } from "zod";
import { Refusal } from "../../compare/failure";
import { contentsRequest, invocations, messages, table } from "./contents";
import { put, putRequest } from "./put";
import type { Session } from "./session";
import { statusOf } from "./status";
import { advance, advanceRequest, settle, settleRequest } from "./time";
import { runWorkload, workloadRequest } from "./workload";

type Answer = (session: Session, request: unknown) => Promise<object>;

/** A command with the form of its request. */
function command<Request>(
  form: z.ZodType<Request>,
  answer: (session: Session, request: Request) => Promise<object>,
): Answer {
  return async (session, request) => {
    const parsed = form.safeParse(request);
    if (!parsed.success) throw new Refusal(z.prettifyError(parsed.error));
    return answer(session, parsed.data);
  };
}

/** What can be asked of a served account, by the path of the request. */
export const ANSWERS: ReadonlyMap<string, Answer> = new Map(
  Object.entries({
    status: command(z.strictObject({}), statusOf),
    put: command(putRequest, put),
    advance: command(advanceRequest, advance),
    settle: command(settleRequest, settle),
    invocations: command(contentsRequest, invocations),
    table: command(contentsRequest, table),
    messages: command(contentsRequest, messages),
    workload: command(workloadRequest, runWorkload),
  }),
);
