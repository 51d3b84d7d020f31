/** The provider as the Pulumi engine speaks to it: gRPC on the loopback interface. */
import * as grpc from "@grpc/grpc-js";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { version } from "@pulumi/aws/package.json";
import {
  PartlyCreated,
  type AccountProvider,
  type PropertyChange,
  type Subject,
} from "./account-provider";
import type { Properties } from "./values";

/** Artifacts are sent as they are. */
const UNLIMITED = -1;

export interface RunningServer {
  readonly port: number;
  close(): void;
}

/**
 * Serves until it is closed.
 *
 * @param port of the loopback interface; 0 for any that is free
 * @throws an `Error` if the port is taken
 */
export function listen(provider: AccountProvider, port: number): Promise<RunningServer> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": UNLIMITED,
    "grpc.max_send_message_length": UNLIMITED,
  });
  server.addService(ResourceProviderService, answersOf(provider));
  return new Promise((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync(`127.0.0.1:${port}`, credentials, (cause, bound) => {
      if (cause) reject(cause);
      else resolve({ port: bound, close: () => server.forceShutdown() });
    });
  });
}

type Answer<Request, Response> = (request: Request) => Response | Promise<Response>;

function unary<Request, Response>(
  answer: Answer<Request, Response>,
): grpc.handleUnaryCall<Request, Response> {
  return ({ request }, callback) => {
    void (async () => {
      try {
        callback(null, await answer(request));
      } catch (cause) {
        callback(statusOf(cause));
      }
    })();
  };
}

function answersOf(provider: AccountProvider): grpc.UntypedServiceImplementation {
  return {
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(version)),
    attach: unary(() => new Empty()),
    cancel: unary(() => new Empty()),
    getSchema: unary(() => new messages.GetSchemaResponse().setSchema("{}")),
    ...providerAnswers(provider),
    check: unary((request: messages.CheckRequest) => {
      const subject = { urn: request.getUrn() };
      const { inputs, problems } = provider.check(
        subject,
        plain(request.getNews()),
        request.hasOlds() ? plain(request.getOlds()) : undefined,
      );
      const failures = problems.map(({ path, reason }) =>
        new messages.CheckFailure().setProperty(path).setReason(reason),
      );
      return new messages.CheckResponse().setInputs(struct(inputs)).setFailuresList(failures);
    }),
    diff: unary((request: messages.DiffRequest) => differenceOf(provider, request)),
    create: unary(async (request: messages.CreateRequest) => {
      const inputs = plain(request.getProperties());
      const state = await provider.create({ urn: request.getUrn() }, inputs, request.getPreview());
      return new messages.CreateResponse().setId(state.id).setProperties(struct(state.properties));
    }),
    read: unary((request: messages.ReadRequest) => {
      const state = provider.read(subjectOf(request), plain(request.getInputs()));
      const response = new messages.ReadResponse();
      if (!state) return response;
      return response
        .setId(state.id)
        .setProperties(struct(state.properties))
        .setInputs(struct(state.inputs));
    }),
    update: unary(async (request: messages.UpdateRequest) => {
      const inputs = plain(request.getNews());
      const state = await provider.update(subjectOf(request), inputs, request.getPreview());
      return new messages.UpdateResponse().setProperties(struct(state.properties));
    }),
    delete: unary((request: messages.DeleteRequest) => {
      provider.delete(subjectOf(request));
      return new Empty();
    }),
    invoke: unary((request: messages.InvokeRequest) => {
      const answer = provider.invoke(request.getTok(), plain(request.getArgs()));
      return new messages.InvokeResponse().setReturn(struct(answer as Properties));
    }),
  };
}

/** About the provider itself. */
function providerAnswers(provider: AccountProvider): grpc.UntypedServiceImplementation {
  return {
    checkConfig: unary((request: messages.CheckRequest) => {
      const failures: messages.CheckFailure[] = [];
      try {
        provider.configure(plain(request.getNews()));
      } catch (cause) {
        const { message } = cause as Error;
        failures.push(new messages.CheckFailure().setProperty("region").setReason(message));
      }
      return new messages.CheckResponse().setInputs(request.getNews()).setFailuresList(failures);
    }),
    diffConfig: unary(() => new messages.DiffResponse()),
    // Secrets come as plain values, and the engine marks as secret what is made of them.
    configure: unary(() => new messages.ConfigureResponse().setSupportspreview(true)),
  };
}

function differenceOf(
  provider: AccountProvider,
  request: messages.DiffRequest,
): messages.DiffResponse {
  const { changes, deleteBeforeReplace } = provider.diff(
    subjectOf(request),
    plain(request.getOldInputs()),
    plain(request.getNews()),
  );
  const { DiffChanges } = messages.DiffResponse;
  const response = new messages.DiffResponse()
    .setChanges(changes.length > 0 ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE)
    .setDiffsList(changes.map(({ property }) => property))
    .setReplacesList(changes.flatMap(({ property, replaces }) => (replaces ? [property] : [])))
    .setDeletebeforereplace(deleteBeforeReplace)
    .setHasdetaileddiff(true);
  for (const change of changes) {
    const difference = new messages.PropertyDiff().setKind(kindOf(change)).setInputdiff(true);
    response.getDetaileddiffMap().set(change.property, difference);
  }
  return response;
}

function kindOf({ kind, replaces }: PropertyChange): messages.PropertyDiff.Kind {
  const { Kind } = messages.PropertyDiff;
  if (kind === "add") return replaces ? Kind.ADD_REPLACE : Kind.ADD;
  if (kind === "delete") return replaces ? Kind.DELETE_REPLACE : Kind.DELETE;
  return replaces ? Kind.UPDATE_REPLACE : Kind.UPDATE;
}

function subjectOf(request: { getUrn(): string; getId(): string }): Subject {
  return { urn: request.getUrn(), id: request.getId() };
}

const plain = (properties: Struct | undefined): Properties => properties?.toJavaScript() ?? {};

/** What is `undefined` has no place in a message. */
function struct(properties: Properties): Struct {
  const json = JSON.parse(JSON.stringify(properties)) as Parameters<
    typeof Struct.fromJavaScript
  >[0];
  return Struct.fromJavaScript(json);
}

/** An error as gRPC sends it. What was made in part goes along as a detail, where the engine looks for it. */
function statusOf(cause: unknown): grpc.ServiceError {
  const { message } = cause as Error;
  const metadata = new grpc.Metadata();
  if (cause instanceof PartlyCreated) {
    const detail = new messages.ErrorResourceInitFailed()
      .setId(cause.state.id)
      .setProperties(struct(cause.state.properties))
      .setReasonsList([message]);
    const packed = new Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new Status().setCode(grpc.status.UNKNOWN).setMessage(message);
    status.addDetails(packed);
    const bytes = (status as unknown as { serializeBinary(): Uint8Array }).serializeBinary();
    metadata.set("grpc-status-details-bin", Buffer.from(bytes));
  }
  return Object.assign(new Error(message), {
    code: grpc.status.UNKNOWN,
    details: message,
    metadata,
  });
}
