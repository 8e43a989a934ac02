import type { IncomingMessage } from "node:http";
import { InputError } from "@naruko/core/model/input-error";
import type { Limits } from "@naruko/core/model/limits";
import type { MetricMetadata, SeriesOutcome } from "@naruko/core/model/received-series";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { decodeWrite } from "@naruko/core/receive/remote-write/decode-write";
import type { DecodedWrite, WriteMessage } from "@naruko/core/receive/remote-write/decode-write";
import { snappyDecompressed, snappyLength } from "@naruko/core/receive/remote-write/snappy";
import type { Applied } from "../drive/commit-queue.ts";
import type { BodyBudget, BodyShare } from "./body-budget.ts";
import { readBytes } from "./body.ts";
import type { LimitCounts } from "./limit-counts.ts";
import type { IntakeCounts } from "./intake-counts.ts";
import type { Answer, Handler } from "./server.ts";

/** Where Prometheus-compatible senders write to. */
export const WRITE_PATH = "/api/v1/write";

export type RemoteWriteOptions = {
  readonly limits: Limits;
  /** Whether taking it would change nothing: senders repeat what they know every minute. */
  readonly isKnown: (metadata: MetricMetadata) => boolean;
  /** Resolves once it is on disk and applied. */
  readonly submit: (telemetry: Telemetry, bytes: number) => Promise<Applied>;
  /** Bytes that wait for the disk. */
  readonly queuedBytes: () => number;
  readonly budget: BodyBudget;
  readonly counts: IntakeCounts;
  readonly limitCounts: LimitCounts;
};

const RETRY_AFTER_S = 5;

/**
 * Prometheus' remote-write receiver, versions 1.0 and 2.0 of the specification. Senders repeat what
 * was answered by 5xx or 429 until it is taken, and drop what was answered by another 4xx.
 */
export function remoteWriteHandler(options: RemoteWriteOptions): Handler {
  return async (request, url) => {
    if (url.pathname !== WRITE_PATH) return undefined;
    if (request.method !== "POST") {
      return { ...refuse(options, 405, "use POST"), headers: { Allow: "POST" } };
    }
    const message = messageOf(request.headers["content-type"]);
    if (message === undefined) return refuse(options, 415, CONTENT_TYPES);
    const encoding = request.headers["content-encoding"] ?? "snappy";
    if (encoding.toLowerCase() !== "snappy") {
      return refuse(options, 415, "expected Content-Encoding snappy, in its block format");
    }
    const share = options.budget.open();
    try {
      return await receive(request, message, share, options);
    } finally {
      share.release();
    }
  };
}

const V1 = "prometheus.WriteRequest";
const V2 = "io.prometheus.write.v2.Request";
const CONTENT_TYPES = `expected Content-Type application/x-protobuf, with proto=${V1} (as without) or proto=${V2}`;

/** Which message a Content-Type names; early senders of version 1.0 had none. */
function messageOf(contentType = "application/x-protobuf"): WriteMessage | undefined {
  const [mediaType = "", ...parameters] = contentType.split(";").map((part) => part.trim());
  if (mediaType.toLowerCase() !== "application/x-protobuf") return undefined;
  const proto = parameters.find((part) => part.toLowerCase().startsWith("proto="));
  const name = proto?.slice("proto=".length).replaceAll('"', "") ?? V1;
  return name === V1 || name === V2 ? name : undefined;
}

async function receive(
  request: IncomingMessage,
  message: WriteMessage,
  share: BodyShare,
  options: RemoteWriteOptions,
): Promise<Answer> {
  const { limits } = options;
  if (options.queuedBytes() > limits.queueBytes) {
    return refuse(options, 503, "too much is waiting to be written (limit queueBytes)");
  }
  const body = await readBytes(request, limits, share);
  if ("refusal" in body) return refuse(options, body.refusal.status, body.refusal.reason);
  const bomb = refuseLength(body.bytes, share, limits);
  if (bomb !== undefined) return refuse(options, bomb.status, bomb.reason);
  let decoded: DecodedWrite;
  let inflatedBytes = 0;
  try {
    const bytes = snappyDecompressed(body.bytes);
    inflatedBytes = bytes.length;
    decoded = decodeWrite(bytes, message, limits);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return refuse(options, 400, error.message);
  }
  const applied = await commit(decoded, inflatedBytes, options);
  if (!applied.ok) {
    // What met a bug of ours would meet it again: a sender that tried for ever would send nothing else.
    return refuse(options, applied.retry ? 503 : 400, applied.reason);
  }
  return answer(decoded, applied.series ?? NOTHING, options);
}

/** Looks at the length that the body will have before any of it is made. */
function refuseLength(
  block: Uint8Array,
  share: BodyShare,
  { inflatedBytes }: Limits,
): { readonly status: number; readonly reason: string } | undefined {
  // A block without a length is refused by decompressing it.
  const length = snappyLength(block) ?? 0;
  if (length > inflatedBytes) {
    const reason = `the decompressed body has more than ${inflatedBytes} bytes (limit inflatedBytes)`;
    return { status: 413, reason };
  }
  if (share.setTo(block.length + length)) return undefined;
  const reason = "too many bytes of other requests are in hand (limit inFlightBytes)";
  return { status: 503, reason };
}

function commit(
  { series, metadata }: DecodedWrite,
  bytes: number,
  { isKnown, submit }: RemoteWriteOptions,
): Promise<Applied> {
  const told = metadata.filter((one) => !isKnown(one));
  if (series.length + told.length === 0) return Promise.resolve({ ok: true });
  const telemetry: Telemetry = {
    calls: [],
    points: [],
    evaluations: [],
    ...(series.length > 0 && { series }),
    ...(told.length > 0 && { metadata: told }),
  };
  return submit(telemetry, bytes);
}

const NOTHING: SeriesOutcome = { samples: 0, histograms: 0, exemplars: 0, refused: new Map() };

function answer(
  { rejected, staleHistograms }: DecodedWrite,
  outcome: SeriesOutcome,
  { counts }: RemoteWriteOptions,
): Answer {
  // The end of a series of histograms is a histogram to its sender, and a stale marker here.
  const moved = Math.min(staleHistograms, outcome.samples);
  const samples = outcome.samples - moved;
  const histograms = outcome.histograms + moved;
  counts.add(counts.accepted, "remote-write-samples", samples);
  counts.add(counts.accepted, "remote-write-histograms", histograms);
  counts.add(counts.accepted, "remote-write-exemplars", outcome.exemplars);
  for (const [reason, count] of rejected) counts.add(counts.rejected, reason, count);
  const headers = {
    "X-Prometheus-Remote-Write-Samples-Written": String(samples),
    "X-Prometheus-Remote-Write-Histograms-Written": String(histograms),
    "X-Prometheus-Remote-Write-Exemplars-Written": String(outcome.exemplars),
  };
  const left = [...rejected, ...outcome.refused];
  if (left.length === 0) return { status: 204, headers };
  const reasons = left.map(([reason, count]) => `${count} ${reason}`).join(", ");
  const text = `not written: ${reasons}; all else is\n`;
  return { status: 400, headers: { ...headers, ...PLAIN }, body: text };
}

const PLAIN = { "Content-Type": "text/plain; charset=utf-8" };

const REFUSALS: Readonly<Record<number, string>> = {
  400: "malformed",
  405: "method-not-allowed",
  413: "too-large",
  415: "unsupported-media-type",
  503: "overloaded",
};

function refuse(
  { counts, limitCounts }: RemoteWriteOptions,
  status: number,
  reason: string,
): Answer {
  limitCounts.namedIn(reason);
  counts.add(counts.refusedRequests, REFUSALS[status] ?? "malformed", 1);
  const retry = status === 503 ? { "Retry-After": String(RETRY_AFTER_S) } : {};
  return { status, headers: { ...PLAIN, ...retry }, body: `${reason}\n` };
}
