import type {
  CancelMessageMoveTaskCommandInput,
  ListMessageMoveTasksCommandInput,
  StartMessageMoveTaskCommandInput,
} from "@aws-sdk/client-sqs";
import type { SimEvent } from "../../kernel/kernel";
import { ServiceError } from "../errors";
import type { Operation } from "../service";
import { checkRange, missingParameter } from "./errors";
import type { Message } from "./message";
import type { Queue } from "./queue";
import type { Sqs } from "./service";

const PER_SECOND_MAX = 500;
const LISTED_MAX = 10;

interface MoveTask {
  readonly handle: string;
  readonly sourceArn: string;
  readonly destinationArn?: string;
  readonly perSecond?: number;
  readonly startedAtMs: number;
  readonly toMove: number;
  status: "RUNNING" | "COMPLETED" | "CANCELLED" | "FAILED";
  moved: number;
  failureReason?: string;
  next?: SimEvent;
}

/** Redrives: moves of dead letters back to where they came from, or to another queue. */
export class MoveTasks {
  readonly #tasks: MoveTask[] = [];

  constructor(private readonly sqs: Sqs) {}

  start(source: Queue, destinationArn: string | undefined, perSecond: number | undefined): string {
    if (this.#running(source.arn)) {
      throw new ServiceError(
        "UnsupportedOperation",
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
      );
    }
    const { kernel } = this.sqs.account;
    const task: MoveTask = {
      handle: Buffer.from(`${this.#tasks.length + 1} ${source.arn}`).toString("base64"),
      sourceArn: source.arn,
      destinationArn,
      perSecond,
      startedAtMs: kernel.now,
      toMove: source.counts().visible,
      status: "RUNNING",
      moved: 0,
    };
    this.#tasks.push(task);
    this.#schedule(task, 0);
    return task.handle;
  }

  cancel(handle: string): MoveTask {
    const task = this.#tasks.find((candidate) => candidate.handle === handle);
    if (task?.status !== "RUNNING") {
      throw new ServiceError("ResourceNotFoundException", "Task does not exist.", {
        statusCode: 404,
      });
    }
    this.sqs.account.kernel.cancel(task.next);
    task.status = "CANCELLED";
    return task;
  }

  /** Latest first. */
  of(sourceArn: string): readonly MoveTask[] {
    return this.#tasks.filter((task) => task.sourceArn === sourceArn).reverse();
  }

  #running(sourceArn: string): boolean {
    return this.of(sourceArn).some(({ status }) => status === "RUNNING");
  }

  #schedule(task: MoveTask, delayMs: number): void {
    const name = task.sourceArn.slice(task.sourceArn.lastIndexOf(":") + 1);
    const label = `sqs ${name}: message move task`;
    task.next = this.sqs.account.kernel.after(delayMs, label, () => this.#move(task));
  }

  /** Moves one second's worth. */
  #move(task: MoveTask): void {
    const source = this.sqs.findByArn(task.sourceArn);
    if (!source) return fail(task, "AWS.SimpleQueueService.NonExistentQueue");
    const { assumptions } = this.sqs.account;
    const perSecond = task.perSecond ?? assumptions.number("sqs.movesPerSecond");
    const visible = source.messages().filter(({ state }) => state === "ready");
    for (const message of visible.slice(0, Math.min(perSecond, task.toMove - task.moved))) {
      const destinationArn = task.destinationArn ?? message.sourceArn;
      const destination = this.sqs.findByArn(destinationArn ?? "");
      if (!destinationArn) return fail(task, "CouldNotDetermineMessageSource");
      if (!destination) return fail(task, "AWS.SimpleQueueService.NonExistentQueue");
      this.#moveOne(message, source, destination);
      task.moved++;
    }
    if (visible.length === 0 || task.moved >= task.toMove) task.status = "COMPLETED";
    else this.#schedule(task, 1000);
  }

  /** A moved message is a new one: new id, no receives, its retention begins again. */
  #moveOne(message: Message, source: Queue, destination: Queue): void {
    const { now } = this.sqs.account.kernel;
    const { attributes, body, bytes, groupId, senderId, traceHeader } = message;
    const { deduplicationId } = message;
    source.remove(message);
    this.sqs.store(destination, {
      ...{ attributes, body, bytes, deduplicationId, groupId, senderId, traceHeader },
      sentAtMs: now,
      retainedFromMs: now,
      delayMs: 0,
    });
  }
}

function fail(task: MoveTask, reason: string): void {
  task.status = "FAILED";
  task.failureReason = reason;
}

export function moveTaskOperations(sqs: Sqs): Record<string, Operation> {
  return {
    StartMessageMoveTask: {
      permissions: ({ DestinationArn, SourceArn }: StartMessageMoveTaskCommandInput) => [
        ...["StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"].map(
          (operation) => ({ action: `sqs:${operation}`, resource: SourceArn ?? "*" }),
        ),
        ...destinations(sqs, SourceArn, DestinationArn).map((resource) => ({
          action: "sqs:SendMessage",
          resource,
        })),
      ],
      execute: (input: StartMessageMoveTaskCommandInput) => {
        const source = sourceOf(sqs, input.SourceArn);
        if (input.DestinationArn) sqs.byArn(input.DestinationArn);
        const perSecond = input.MaxNumberOfMessagesPerSecond;
        if (perSecond !== undefined) {
          checkRange(perSecond, "MaxNumberOfMessagesPerSecond", [1, PER_SECOND_MAX]);
        }
        if (sourcesOf(sqs, source.arn).length === 0) {
          throw new ServiceError(
            "InvalidParameterValue",
            "Source queue must be configured as a Dead Letter Queue.",
          );
        }
        sqs.meter(source, 0);
        return { TaskHandle: sqs.moveTasks.start(source, input.DestinationArn, perSecond) };
      },
    },
    ListMessageMoveTasks: {
      permissions: ({ SourceArn }: ListMessageMoveTasksCommandInput) => [
        { action: "sqs:ListMessageMoveTasks", resource: SourceArn ?? "*" },
      ],
      execute: (input: ListMessageMoveTasksCommandInput) => {
        const source = sourceOf(sqs, input.SourceArn);
        const max = input.MaxResults ?? 1;
        checkRange(max, "MaxResults", [1, LISTED_MAX]);
        sqs.meter(source, 0);
        return { Results: sqs.moveTasks.of(source.arn).slice(0, max).map(describe) };
      },
    },
    CancelMessageMoveTask: {
      permissions: ({ TaskHandle }: CancelMessageMoveTaskCommandInput) => [
        { action: "sqs:CancelMessageMoveTask", resource: arnInHandle(TaskHandle) },
      ],
      execute: ({ TaskHandle }: CancelMessageMoveTaskCommandInput) => {
        if (!TaskHandle) throw missingParameter("TaskHandle");
        sqs.meter(undefined, 0);
        return { ApproximateNumberOfMessagesMoved: sqs.moveTasks.cancel(TaskHandle).moved };
      },
    },
  };
}

function describe(task: MoveTask): object {
  return {
    ...(task.status === "RUNNING" && { TaskHandle: task.handle }),
    Status: task.status,
    SourceArn: task.sourceArn,
    ...(task.destinationArn && { DestinationArn: task.destinationArn }),
    ...(task.perSecond && { MaxNumberOfMessagesPerSecond: task.perSecond }),
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    ...(task.failureReason && { FailureReason: task.failureReason }),
    StartedTimestamp: task.startedAtMs,
  };
}

function sourceOf(sqs: Sqs, arn: string | undefined): Queue {
  if (!arn) throw missingParameter("SourceArn");
  const queue = sqs.findByArn(arn);
  if (queue) return queue;
  const message = "The resource that you specified for the SourceArn parameter doesn't exist.";
  throw new ServiceError("ResourceNotFoundException", message, { statusCode: 404 });
}

/** The queues whose dead letters go to a queue. */
const sourcesOf = (sqs: Sqs, arn: string): Queue[] =>
  sqs.queues().filter(({ redrivePolicy }) => redrivePolicy?.deadLetterTargetArn === arn);

function destinations(sqs: Sqs, sourceArn?: string, destinationArn?: string): string[] {
  if (destinationArn) return [destinationArn];
  return sourcesOf(sqs, sourceArn ?? "").map(({ arn }) => arn);
}

const arnInHandle = (handle: string | undefined): string =>
  Buffer.from(handle ?? "", "base64")
    .toString("utf8")
    .split(" ")[1] ?? "*";
