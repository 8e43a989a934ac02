import { takeExport, total } from "@naruko/core/engine/intake";
import type { Intake } from "@naruko/core/engine/intake";
import { InputError } from "@naruko/core/model/input-error";
import type { Limits } from "@naruko/core/model/limits";
import type { Outcome } from "@naruko/core/model/outcome";
import type { Telemetry } from "@naruko/core/model/telemetry";
import type { NormalizeContext } from "@naruko/core/normalize/context";
import type { PartialSuccess } from "@naruko/core/receive/answer";
import type { Encoding, Signal } from "@naruko/core/receive/encoding";
import type { ExportRefusal } from "@naruko/core/receive/export-refusals";
import type { Redaction } from "../config/capture.ts";
import type { BodyBudget, BodyShare } from "./body-budget.ts";
import type { Body } from "./body-limits.ts";
import type { IntakeCounts } from "./intake-counts.ts";
import type { LimitCounts } from "./limit-counts.ts";

export type OtlpOptions = {
  readonly limits: Limits;
  /** What normalizing needs, with the time of this moment. */
  readonly context: () => NormalizeContext;
  /** What may be written of what was said: takes text out that `capture` does not allow. */
  readonly redact: Redaction["telemetry"];
  /** Resolves once it is on disk and applied. */
  readonly submit: (telemetry: Telemetry, bytes: number) => Promise<Outcome>;
  /** Bytes that wait for the disk. */
  readonly queuedBytes: () => number;
  readonly budget: BodyBudget;
  /** Told of what a request brought as soon as it is read, before it is on disk. */
  readonly read?: (telemetry: Telemetry) => void;
  /** Told of all that a request brought, once that is on disk. */
  readonly taken?: (intake: Intake) => void;
  readonly counts: IntakeCounts;
  readonly limitCounts: LimitCounts;
};

/** An export request, whichever way it comes. */
export type Export = {
  readonly signal: Signal;
  readonly encoding: Encoding;
  readonly read: (share: BodyShare) => Promise<Body>;
};

/** What became of a request: all or a part of it is on disk and applied, or nothing of it. */
export type Received = { readonly taken: PartialSuccess } | Refused;

export type Refused = { readonly refusal: ExportRefusal; readonly reason: string };

/** Reads, decodes, commits and counts one export request. */
export async function receiveExport(request: Export, options: OtlpOptions): Promise<Received> {
  const share = options.budget.open();
  try {
    return await receive(request, share, options);
  } finally {
    share.release();
  }
}

/** Counts a refusal, and the limit that its reason names. */
export function refused(
  { counts, limitCounts }: Pick<OtlpOptions, "counts" | "limitCounts">,
  refusal: ExportRefusal,
  reason: string,
): Refused {
  limitCounts.namedIn(reason);
  counts.add(counts.refusedRequests, refusal, 1);
  return { refusal, reason };
}

/** The refusals that a status of HTTP stands for. */
export const REFUSAL_OF: Readonly<Record<number, ExportRefusal>> = {
  400: "malformed",
  401: "unauthenticated",
  403: "forbidden",
  404: "unknown-path",
  413: "too-large",
  415: "unsupported-media-type",
  503: "overloaded",
};

async function receive(
  { signal, encoding, read }: Export,
  share: BodyShare,
  options: OtlpOptions,
): Promise<Received> {
  if (options.queuedBytes() > options.limits.queueBytes) {
    const reason = "too much is waiting to be written (limit queueBytes)";
    return refused(options, "overloaded", reason);
  }
  const body = await read(share);
  if ("refusal" in body) {
    const { status, reason } = body.refusal;
    return refused(options, REFUSAL_OF[status] ?? "malformed", reason);
  }
  let taken: Intake;
  try {
    taken = takeExport(signal, body.bytes, encoding, options.context());
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return refused(options, "malformed", error.message);
  }
  options.read?.(taken.telemetry);
  const outcome = await commit(taken, body.bytes.length, options);
  if (!outcome.ok)
    return refused(options, outcome.retry ? "overloaded" : "internal", outcome.reason);
  countTaken(signal, taken, options.counts);
  options.taken?.(taken);
  const message = rejectionMessage(taken.rejected);
  return { taken: { rejected: total(taken.rejected), message } };
}

/** A request of which nothing is kept (spans that are no calls) need not reach the disk. */
function commit(taken: Intake, bytes: number, options: OtlpOptions): Promise<Outcome> {
  const telemetry = options.redact(taken.telemetry);
  const { calls, points, evaluations, links = [], contexts = [] } = telemetry;
  const parts = [calls, points, evaluations, links, contexts];
  if (parts.every((part) => part.length === 0)) return Promise.resolve({ ok: true });
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
