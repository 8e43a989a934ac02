import type { IncomingMessage } from "node:http";
import { answerExport, answerRefusal } from "@naruko/core/receive/answer";
import type { Answer as OtlpAnswer } from "@naruko/core/receive/answer";
import { encodingOf } from "@naruko/core/receive/encoding";
import type { Encoding, Signal } from "@naruko/core/receive/encoding";
import { readBody } from "./body.ts";
import { REFUSAL_OF, receiveExport, refused } from "./otlp-intake.ts";
import type { OtlpOptions, Refused } from "./otlp-intake.ts";
import type { Answer, Handler } from "./server.ts";

const PATHS: ReadonlyMap<string, Signal> = new Map([
  ["/v1/traces", "traces"],
  ["/v1/metrics", "metrics"],
  ["/v1/logs", "logs"],
]);

/** OTLP/HTTP: `/v1/traces`, `/v1/metrics`, `/v1/logs`, protobuf and JSON (OTLP specification 1.x). */
export function otlpHandler(options: OtlpOptions): Handler {
  return async (request, url) => {
    const signal = PATHS.get(url.pathname);
    if (signal === undefined) return undefined;
    const encoding = encodingOf(request.headers["content-type"]);
    if (request.method !== "POST") {
      const answer = fromRefused(encoding, refused(options, "method-not-allowed", "use POST"));
      return { ...answer, headers: { ...answer.headers, Allow: "POST" } };
    }
    if (encoding === undefined) {
      const reason = "expected Content-Type application/x-protobuf or application/json";
      return fromRefused(encoding, refused(options, "unsupported-media-type", reason));
    }
    const received = await receiveExport(
      { signal, encoding, read: (share) => readBody(request, options.limits, share) },
      options,
    );
    if ("refusal" in received) return fromRefused(encoding, received);
    return fromOtlp(answerExport(signal, encoding, received.taken));
  };
}

/** Answers a refusal of the port itself (wrong host, no token) in OTLP's own form. */
export function refuseOtlp(request: IncomingMessage, status: number, reason: string): Answer {
  const refusal = REFUSAL_OF[status] ?? "internal";
  return fromRefused(encodingOf(request.headers["content-type"]), { refusal, reason });
}

function fromRefused(encoding: Encoding | undefined, { refusal, reason }: Refused): Answer {
  return fromOtlp(answerRefusal(encoding ?? "json", refusal, reason));
}

function fromOtlp({ httpStatus, contentType, body, retryAfterS }: OtlpAnswer): Answer {
  const retry = retryAfterS === undefined ? {} : { "Retry-After": String(retryAfterS) };
  return { status: httpStatus, headers: { "Content-Type": contentType, ...retry }, body };
}
