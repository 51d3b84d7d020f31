import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

export type Properties = Record<string, unknown>;

/** What the engine knows of a resource that it has made. */
export interface Made {
  readonly id: string;
  readonly outputs: Properties;
}

/** Asks a provider what the engine asks to make a resource: check, then create. */
export class EngineClient {
  readonly #client: ResourceProviderClient;

  constructor(
    port: number,
    private readonly stack = "dev",
  ) {
    this.#client = new ResourceProviderClient(
      `127.0.0.1:${port}`,
      grpc.credentials.createInsecure(),
    );
  }

  async make(type: string, name: string, inputs: Properties): Promise<Made> {
    const urn = `urn:pulumi:${this.stack}::tests::${type}::${name}`;
    const checked = await new Promise<messages.CheckResponse>((resolve, reject) => {
      const request = new messages.CheckRequest().setUrn(urn).setNews(struct(inputs));
      this.#client.check(request, (cause, response) => (cause ? reject(cause) : resolve(response)));
    });
    const failures = checked.getFailuresList().map((failure) => failure.getReason());
    if (failures.length > 0) throw new Error(failures.join("\n"));
    const created = await new Promise<messages.CreateResponse>((resolve, reject) => {
      const request = new messages.CreateRequest().setUrn(urn).setProperties(checked.getInputs());
      this.#client.create(request, (cause, response) =>
        cause ? reject(cause) : resolve(response),
      );
    });
    return { id: created.getId(), outputs: created.getProperties()!.toJavaScript() };
  }

  close(): void {
    this.#client.close();
  }
}

/** The code of a function, as the engine sends an archive of one file. */
export function archiveOf(text: string): Properties {
  const signature = "4dabf18193072939515e22adb298388d";
  const asset = { [signature]: "c44067f5952c0a294b673a41bacd8c17", text };
  return { [signature]: "0def7320c3a5731c473e5ecbe6d01bc7", assets: { "index.js": asset } };
}

function struct(properties: Properties): Struct {
  return Struct.fromJavaScript(properties as Parameters<typeof Struct.fromJavaScript>[0]);
}
