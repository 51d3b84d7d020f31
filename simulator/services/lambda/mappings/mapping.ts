import type { QueueMapping } from "./queue-mapping";
import type { StreamMapping } from "./stream-mapping";

export type MappingState = "Creating" | "Enabled" | "Disabled" | "Deleting";

/** An event source mapping: of a stream, or of a queue. */
export type EventSourceMapping = StreamMapping | QueueMapping;
