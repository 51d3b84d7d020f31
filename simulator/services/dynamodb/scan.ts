import type { ScanCommandInput } from "@aws-sdk/client-dynamodb";
import type { Account } from "../account";
import type { Operation } from "../service";
import { constraint, refuseLegacyParameters, validation } from "./errors";
import { bindExpressions } from "./expression-binding";
import { comparePartitions, firstWhere, hashOf, type StoredItem } from "./ordered-index";
import { checkPageInput, page, sourceOf, startOf, type Source } from "./page";
import { readArn } from "./query";
import { keyText } from "./table-schema";
import type { Tables } from "./tables";

const SEGMENTS_MAX = 1_000_000;

/** Scan: all items of a table or index, partitions in the order of their hashes. */
export function scan(account: Account, tables: Tables): Operation {
  return {
    permissions: (input: ScanCommandInput) => [
      { action: "dynamodb:Scan", resource: readArn(account, input) },
    ],
    execute: (input: ScanCommandInput) => execute(account, tables, input),
  };
}

function execute(account: Account, tables: Tables, input: ScanCommandInput): object {
  refuseLegacyParameters("Scan", input);
  checkPageInput(input);
  checkSegment(input);
  const bound = bindExpressions(input, ["FilterExpression", "ProjectionExpression"]);
  const source = sourceOf(tables, input);
  const segment = {
    first: segmentStart(input.Segment ?? 0, input.TotalSegments ?? 1),
    end: segmentStart((input.Segment ?? 0) + 1, input.TotalSegments ?? 1),
  };
  const start = startOf(source, input);
  if (start) checkStart(source, start, segment, input);
  return page(account, source, input, walked(source, segment, start), {
    filter: bound.FilterExpression,
    projection: bound.ProjectionExpression,
  });
}

/** A slice of the hash range; `end` is excluded. */
interface Segment {
  readonly first: number;
  readonly end: number;
}

const segmentStart = (segment: number, total: number): number =>
  Math.ceil((segment * 2 ** 32) / total);

function* walked(
  { items }: Source,
  { first, end }: Segment,
  start: StoredItem | undefined,
): Iterable<StoredItem> {
  const partitions = items.partitionsInScanOrder();
  const startText = start && keyText(start.item[items.key.hash.name]!);
  const startPlace =
    startText === undefined ? undefined : { hash: hashOf(startText), text: startText };
  const from = firstWhere(partitions, (partition) =>
    startPlace ? comparePartitions(partition, startPlace) >= 0 : partition.hash >= first,
  );
  for (let index = from; index < partitions.length; index++) {
    const { hash, text, entries } = partitions[index]!;
    if (hash >= end) return;
    const begin =
      start && text === startText
        ? firstWhere(entries, (entry) => items.compare(entry, start) > 0)
        : 0;
    for (let place = begin; place < entries.length; place++) yield entries[place]!;
  }
}

function checkSegment({ Segment: segment, TotalSegments: total }: ScanCommandInput): void {
  if (segment === undefined && total === undefined) return;
  if (total === undefined) {
    throw validation(
      "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
    );
  }
  if (segment === undefined) {
    throw validation(
      "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
    );
  }
  if (total < 1 || total > SEGMENTS_MAX) {
    const bound =
      total < 1 ? "greater than or equal to 1" : `less than or equal to ${SEGMENTS_MAX}`;
    throw constraint("totalSegments", total, `Member must have value ${bound}`);
  }
  if (segment < 0) {
    throw constraint("segment", segment, "Member must have value greater than or equal to 0");
  }
  if (segment >= total) {
    throw validation(
      "The Segment parameter is zero-based and must be less than parameter TotalSegments: " +
        `Segment: ${segment} is not less than TotalSegments: ${total}`,
    );
  }
}

function checkStart(
  { items }: Source,
  start: StoredItem,
  { first, end }: Segment,
  input: ScanCommandInput,
): void {
  const hash = hashOf(keyText(start.item[items.key.hash.name]!));
  if (hash >= first && hash < end) return;
  throw validation(
    "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with " +
      `correct Segment. TotalSegments: ${input.TotalSegments} Segment: ${input.Segment}`,
  );
}
