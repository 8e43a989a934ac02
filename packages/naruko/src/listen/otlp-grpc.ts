import { answerExport, refusalStatus } from "@naruko/core/receive/answer";
import type { Signal } from "@naruko/core/receive/encoding";
import { REFUSALS } from "@naruko/core/receive/export-refusals";
import type { ExportRefusal } from "@naruko/core/receive/export-refusals";
import type { GrpcAnswer, GrpcMethod } from "./grpc-call.ts";
import { GRPC_CODES, shownMessage } from "./grpc-status.ts";
import type { GrpcCode } from "./grpc-status.ts";
import { receiveExport } from "./otlp-intake.ts";
import type { OtlpOptions, Refused } from "./otlp-intake.ts";

const METHODS: readonly (readonly [string, Signal])[] = [
  ["trace.v1.TraceService", "traces"],
  ["metrics.v1.MetricsService", "metrics"],
  ["logs.v1.LogsService", "logs"],
];

/** OTLP/gRPC: `Export` of traces, metrics and logs (OTLP specification 1.x). */
export function otlpMethods(options: OtlpOptions): ReadonlyMap<string, GrpcMethod> {
  return new Map(
    METHODS.map(([service, signal]) => {
      const method: GrpcMethod = async (read) => {
        const received = await receiveExport({ signal, encoding: "protobuf", read }, options);
        if ("refusal" in received) return fromRefused(received);
        return { message: answerExport(signal, "protobuf", received.taken).body };
      };
      return [`/opentelemetry.proto.collector.${service}/Export`, method];
    }),
  );
}

function fromRefused({ refusal, reason }: Refused): GrpcAnswer {
  const code = codeOf(refusal);
  const message = shownMessage(reason);
  const details = refusalStatus(refusal, GRPC_CODES[code], message);
  return { status: { code, message, details } };
}

/** The code that OTLP/HTTP's answers have in their bodies too. */
function codeOf(refusal: ExportRefusal): GrpcCode {
  const { rpcCode } = REFUSALS[refusal];
  const found = Object.entries(GRPC_CODES).find(([, code]) => code === rpcCode);
  return (found?.[0] ?? "INTERNAL") as GrpcCode;
}
