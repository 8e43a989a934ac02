// Calls as normalizing makes them, for tests of the stages behind.
import type { Call } from "../model/call.ts";
import { epochMs } from "../model/time.ts";

/** A chat of 1.5 s that was answered in full; its text, if any, comes with the fields. */
export function inference(fields: Partial<Call> = {}): Call {
  return {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    kind: "inference",
    operation: "chat",
    // 2026-11-02T10:00:00Z.
    startAt: epochMs(1_793_613_600_000),
    endAt: epochMs(1_793_613_601_500),
    durationS: 1.5,
    service: "shop",
    provider: "openai",
    requestModel: "gpt-4o",
    stream: false,
    finishReasons: ["stop"],
    usage: { inputTokens: 100, outputTokens: 20 },
    usageSource: "provider",
    weight: 1,
    dialect: "otel",
    ...fields,
  };
}
