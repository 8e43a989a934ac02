import type { IncomingMessage } from "node:http";
import { takeExport, total } from "@naruko/core/engine/intake";
import type { Intake } from "@naruko/core/engine/intake";
import { InputError } from "@naruko/core/model/input-error";
import type { Limits } from "@naruko/core/model/limits";
import type { Outcome } from "@naruko/core/model/outcome";
import type { Telemetry } from "@naruko/core/model/telemetry";
import type { EpochMs } from "@naruko/core/model/time";
import type { NormalizeContext } from "@naruko/core/normalize/context";
import { answerExport, answerRefusal } from "@naruko/core/receive/answer";
import type { Answer as OtlpAnswer } from "@naruko/core/receive/answer";
import { encodingOf } from "@naruko/core/receive/encoding";
import type { Encoding, Signal } from "@naruko/core/receive/encoding";
import type { ExportRefusal } from "@naruko/core/receive/export-refusals";
import type { BodyBudget, BodyShare } from "./body-budget.ts";
import { readBody } from "./body.ts";
import type { BodyRefusal } from "./body.ts";
import type { LimitCounts } from "./limit-counts.ts";
import type { Answer, Handler } from "./server.ts";

const PATHS: ReadonlyMap<string, Signal> = new Map([
  ["/v1/traces", "traces"],
  ["/v1/metrics", "metrics"],
  ["/v1/logs", "logs"],
]);

export type OtlpOptions = {
  readonly limits: Limits;
  /** What normalizing needs, with the time of this moment. */
  readonly context: () => NormalizeContext;
  /** What may be written of what was said: takes text out that `capture` does not allow. */
  readonly redact: (telemetry: Telemetry) => Telemetry;
  /** Resolves once it is on disk and applied. */
  readonly submit: (telemetry: Telemetry, bytes: number) => Promise<Outcome>;
  /** Bytes that wait for the disk. */
  readonly queuedBytes: () => number;
  readonly budget: BodyBudget;
  readonly counts: IntakeCounts;
  readonly limitCounts: LimitCounts;
};

/** What came in, for `/metrics`. */
export class IntakeCounts {
  readonly accepted: Map<string, number> = new Map();
  readonly rejected: Map<string, number> = new Map();
  readonly ignored: Map<string, number> = new Map();
  readonly refusedRequests: Map<string, number> = new Map();
  lastTelemetryAt: EpochMs | undefined;
  /** Of calls and data points: what the layers of infrastructure and application look at. */
  lastTrafficAt: EpochMs | undefined;
  lastScoreAt: EpochMs | undefined;

  noteArrival({ calls, points, evaluations }: Telemetry, at: EpochMs): void {
    this.lastTelemetryAt = at;
    if (calls.length > 0 || points.length > 0) this.lastTrafficAt = at;
    if (evaluations.length > 0) this.lastScoreAt = at;
  }

  add(counts: Map<string, number>, reason: string, by: number): void {
    counts.set(reason, (counts.get(reason) ?? 0) + by);
  }
}

/** OTLP/HTTP: `/v1/traces`, `/v1/metrics`, `/v1/logs`, protobuf and JSON (OTLP specification 1.x). */
export function otlpHandler(options: OtlpOptions): Handler {
  return async (request, url) => {
    const signal = PATHS.get(url.pathname);
    if (signal === undefined) return undefined;
    const encoding = encodingOf(request.headers["content-type"]);
    if (request.method !== "POST") {
      const refused = refuse(options, encoding, "method-not-allowed", "use POST");
      return { ...refused, headers: { ...refused.headers, Allow: "POST" } };
    }
    if (encoding === undefined) {
      const reason = "expected Content-Type application/x-protobuf or application/json";
      return refuse(options, encoding, "unsupported-media-type", reason);
    }
    const share = options.budget.open();
    try {
      return await receive({ signal, encoding, request, share }, options);
    } finally {
      share.release();
    }
  };
}

/** Answers a refusal of the port itself (wrong host, no token) in OTLP's own form. */
export function refuseOtlp(request: IncomingMessage, status: number, reason: string): Answer {
  const encoding = encodingOf(request.headers["content-type"]) ?? "json";
  return fromOtlp(answerRefusal(encoding, REFUSAL_OF[status] ?? "internal", reason));
}

const REFUSAL_OF: Readonly<Record<number, ExportRefusal>> = {
  400: "malformed",
  401: "unauthenticated",
  403: "forbidden",
  404: "unknown-path",
  413: "too-large",
  415: "unsupported-media-type",
  503: "overloaded",
};

type Export = {
  readonly signal: Signal;
  readonly encoding: Encoding;
  readonly request: IncomingMessage;
  readonly share: BodyShare;
};

async function receive(
  { signal, encoding, request, share }: Export,
  options: OtlpOptions,
): Promise<Answer> {
  const { limits, counts } = options;
  if (options.queuedBytes() > limits.queueBytes) {
    const reason = "too much is waiting to be written (limit queueBytes)";
    return refuse(options, encoding, "overloaded", reason);
  }
  const body = await readBody(request, limits, share);
  if ("refusal" in body) return refuseBody(options, encoding, body.refusal);
  let taken: Intake;
  try {
    taken = takeExport(signal, body.bytes, encoding, options.context());
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return refuse(options, encoding, "malformed", error.message);
  }
  const outcome = await commit(taken, body.bytes.length, options);
  if (!outcome.ok)
    return refuse(options, encoding, outcome.retry ? "overloaded" : "internal", outcome.reason);
  countTaken(signal, taken, counts);
  const message = rejectionMessage(taken.rejected);
  return fromOtlp(answerExport(signal, encoding, { rejected: total(taken.rejected), message }));
}

/** A request of which nothing is kept (spans that are no calls) need not reach the disk. */
function commit(taken: Intake, bytes: number, options: OtlpOptions): Promise<Outcome> {
  const telemetry = options.redact(taken.telemetry);
  const { calls, points, evaluations } = telemetry;
  if (calls.length + points.length + evaluations.length === 0) return Promise.resolve({ ok: true });
  return options.submit(telemetry, bytes);
}

function countTaken(signal: Signal, taken: Intake, counts: IntakeCounts): void {
  counts.add(counts.accepted, signal, taken.accepted);
  for (const [reason, count] of taken.rejected) counts.add(counts.rejected, reason, count);
  for (const [reason, count] of taken.ignored) counts.add(counts.ignored, reason, count);
}

/** `2 negative-duration, 1 trace-id-invalid`: what a developer finds in the exporter's log. */
function rejectionMessage(rejected: ReadonlyMap<string, number>): string {
  return [...rejected].map(([reason, count]) => `${count} ${reason}`).join(", ");
}

function refuseBody(
  options: OtlpOptions,
  encoding: Encoding,
  { status, reason }: BodyRefusal,
): Answer {
  return refuse(options, encoding, REFUSAL_OF[status] ?? "malformed", reason);
}

function refuse(
  { counts, limitCounts }: OtlpOptions,
  encoding: Encoding | undefined,
  refusal: ExportRefusal,
  reason: string,
): Answer {
  limitCounts.namedIn(reason);
  counts.add(counts.refusedRequests, refusal, 1);
  return fromOtlp(answerRefusal(encoding ?? "json", refusal, reason));
}

function fromOtlp({ httpStatus, contentType, body, retryAfterS }: OtlpAnswer): Answer {
  const retry = retryAfterS === undefined ? {} : { "Retry-After": String(retryAfterS) };
  return { status: httpStatus, headers: { "Content-Type": contentType, ...retry }, body };
}
