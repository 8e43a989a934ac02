import { constants } from "node:http2";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Limits } from "@naruko/core/model/limits";
import type { BodyShare } from "./body-budget.ts";
import type { Body, BodyLimits } from "./body-limits.ts";
import { readMessage } from "./grpc-message.ts";
import { trailersOf } from "./grpc-status.ts";
import type { GrpcCounts, GrpcStatus } from "./grpc-status.ts";
import type { Guard } from "./guard.ts";
import { CODINGS, codingOf } from "./inflate.ts";
import type { Coding } from "./inflate.ts";
import type { LimitCounts } from "./limit-counts.ts";

/** How a call ends: with the message of its answer, or with another status than OK. */
export type GrpcAnswer = { readonly message: Uint8Array } | { readonly status: GrpcStatus };

/** What reads the one message of a call. @throws Error when the sender gives the call up */
export type ReadMessage = (share: BodyShare) => Promise<Body>;

/** A unary method. */
export type GrpcMethod = (read: ReadMessage) => Promise<GrpcAnswer>;

export type GrpcCallOptions = {
  readonly guard: Guard;
  /** By path, as `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, GrpcMethod>;
  readonly limits: BodyLimits & Pick<Limits, "headerBytes" | "requestMs">;
  readonly limitCounts: LimitCounts;
  readonly counts: GrpcCounts;
  /** Told of a coding that is not served. */
  readonly uncoded: (reason: string) => void;
  /** Somebody's call met a bug of ours. */
  readonly broke: (error: unknown, where: string) => void;
};

/** What answers say they take, and what a refused coding is answered with. */
const ACCEPTED = ["identity", ...CODINGS].join(",");

const HEADERS = {
  [constants.HTTP2_HEADER_STATUS]: 200,
  "content-type": "application/grpc+proto",
  "grpc-accept-encoding": ACCEPTED,
} as const;

/** Answers one call (gRPC over HTTP/2), whatever it is. */
export async function answerCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  options: GrpcCallOptions,
): Promise<void> {
  const call = new Call(stream, options.counts);
  // Whatever goes wrong with the connection ends the call; the session's errors are looked at once.
  stream.on("error", () => undefined);
  const status = plainStatus(headers);
  if (status !== undefined) {
    call.endPlain(status);
    return;
  }
  const begun = begin(headers, options);
  if ("code" in begun) {
    call.end({ status: begun });
    return;
  }
  const { limits, limitCounts, broke } = options;
  const patience = setTimeout(() => {
    limitCounts.reached("requestMs");
    const message = `the call did not arrive whole within ${limits.requestMs} ms (limit requestMs)`;
    call.end({ status: { code: "DEADLINE_EXCEEDED", message } });
  }, limits.requestMs);
  const read: ReadMessage = async (share) => {
    try {
      return await readMessage(stream, begun.coding, limits, share);
    } finally {
      clearTimeout(patience);
    }
  };
  try {
    call.end(await begun.method(read));
  } catch (error) {
    if (!call.isOver) broke(error, String(headers[":path"]));
    const message = "internal error; the log of the server has it";
    call.end({ status: { code: "INTERNAL", message } });
  } finally {
    clearTimeout(patience);
  }
}

type Begun = { readonly method: GrpcMethod; readonly coding: Coding | undefined };

/** What the headers ask for, or why it is refused before anything is read. */
function begin(headers: IncomingHttpHeaders, options: GrpcCallOptions): Begun | GrpcStatus {
  const { limits, limitCounts, guard, methods } = options;
  if (bytesOf(headers) > limits.headerBytes) {
    limitCounts.reached("headerBytes");
    const message = `the headers have more than ${limits.headerBytes} bytes (limit headerBytes)`;
    return { code: "RESOURCE_EXHAUSTED", message };
  }
  const { ":authority": authority, host = authority, origin, authorization } = headers;
  const refusal = guard({
    method: "POST",
    host: authority ?? host,
    hosts: authority === undefined || host === authority ? 1 : 2,
    origin,
    authorization,
  });
  if (refusal !== undefined) {
    const code = refusal.status === 401 ? "UNAUTHENTICATED" : "PERMISSION_DENIED";
    return { code, message: refusal.reason };
  }
  const path = headers[":path"] ?? "";
  const method = methods.get(path);
  if (method === undefined) {
    return { code: "UNIMPLEMENTED", message: `nothing is served at ${path.slice(0, 100)}` };
  }
  const encoding = headers["grpc-encoding"] ?? "identity";
  const coding = typeof encoding === "string" ? codingOf(encoding) : undefined;
  if (coding !== undefined || encoding === "identity") return { method, coding };
  const shown = String(encoding).slice(0, 40);
  const message = `grpc-encoding "${shown}" is not served; send ${CODINGS.join(", ")} or identity`;
  options.uncoded(message);
  return { code: "UNIMPLEMENTED", message };
}

/** The status for what is no gRPC at all: no peer would look at trailers. */
function plainStatus(headers: IncomingHttpHeaders): 405 | 415 | undefined {
  if (headers[":method"] !== "POST") return 405;
  return /^application\/grpc(?:\+proto)?(?:;|$)/.test(headers["content-type"] ?? "")
    ? undefined
    : 415;
}

function bytesOf(headers: IncomingHttpHeaders): number {
  let bytes = 0;
  for (const [name, value = ""] of Object.entries(headers)) {
    bytes += name.length + [value].flat().join("").length;
  }
  return bytes;
}

/** A call that ends once, by whoever ends it first. */
class Call {
  readonly #stream: ServerHttp2Stream;
  readonly #counts: GrpcCounts;
  #ended = false;

  constructor(stream: ServerHttp2Stream, counts: GrpcCounts) {
    this.#stream = stream;
    this.#counts = counts;
  }

  /** Whether it has its answer, or the sender gave it up. */
  get isOver(): boolean {
    return this.#ended || this.#stream.aborted || this.#stream.destroyed || this.#stream.closed;
  }

  end(answer: GrpcAnswer): void {
    const code = "status" in answer ? answer.status.code : "OK";
    if (!this.#begins(code)) return;
    if ("message" in answer) this.#send(answer.message);
    else this.#refuse(trailersOf(answer.status));
  }

  /** For what is no call. */
  endPlain(status: 405 | 415): void {
    if (!this.#begins("UNIMPLEMENTED")) return;
    const allow = status === 405 ? { allow: "POST" } : {};
    this.#refuse({}, { [constants.HTTP2_HEADER_STATUS]: status, ...allow });
  }

  /** Counts the end, and says whether anybody is there to be told. */
  #begins(code: GrpcStatus["code"]): boolean {
    if (this.#ended) return false;
    const isOver = this.isOver;
    this.#ended = true;
    this.#counts.ended(isOver ? "CANCELLED" : code);
    return !isOver;
  }

  #send(message: Uint8Array): void {
    const stream = this.#stream;
    stream.on("wantTrailers", () => {
      stream.sendTrailers({ "grpc-status": "0" });
    });
    stream.respond(HEADERS, { waitForTrailers: true });
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([prefix, message]));
  }

  /** Headers that are trailers too; what the sender still has to send is not wanted. */
  #refuse(trailers: Record<string, string>, headers: object = HEADERS): void {
    const stream = this.#stream;
    stream.respond({ ...headers, ...trailers }, { endStream: true });
    if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  }
}
