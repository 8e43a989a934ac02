import { SECOND_MS } from "@naruko/core/model/time";
import type { RemoteWriteConfig } from "../config/remote-write-schema.ts";
import type { Requester } from "../scrape/http-client.ts";
import { snappyCompressed } from "./snappy-compressed.ts";

/** What a remote said to one request. */
export type Sent =
  | { readonly kind: "taken" }
  /** For good: trying again would not help. `bad-data` may be the fault of a part of it. */
  | { readonly kind: "refused"; readonly because: "bad-data" | "other"; readonly reason: string }
  /** @param afterMs what the remote asks to wait; absent where it does not */
  | { readonly kind: "retry"; readonly reason: string; readonly afterMs?: number };

/** Bytes read of an answer: only its beginning is shown. */
const ANSWER_MAX_BYTES = 64 * 1024;
const ANSWER_SHOWN = 200;
/** A remote that asks for more is asked again nevertheless. */
const RETRY_AFTER_MAX_MS = 3600 * SECOND_MS;

/** Posts one message, as remote write 1.0 or 2.0 has it. */
export async function sendWrite(
  message: Uint8Array,
  config: RemoteWriteConfig,
  requester: Requester,
  { signal, version }: { readonly signal: AbortSignal; readonly version: string },
): Promise<Sent> {
  const isV2 = config.protobuf_message === "io.prometheus.write.v2.Request";
  const proto = isV2 ? `;proto=${config.protobuf_message}` : "";
  const answer = await requester.send({
    url: config.url,
    method: "POST",
    headers: {
      ...config.headers,
      "content-encoding": "snappy",
      "content-type": `application/x-protobuf${proto}`,
      "user-agent": `naruko/${version}`,
      "x-prometheus-remote-write-version": isV2 ? "2.0.0" : "0.1.0",
    },
    body: snappyCompressed(message),
    timeoutMs: config.remote_timeout,
    maxBytes: ANSWER_MAX_BYTES,
    signal,
  });
  if (!answer.ok) return { kind: "retry", reason: answer.reason };
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: "taken" };
  const reason = `answered ${status}: ${shownText(answer.body, config)}`;
  if (status !== 429 && status < 500) {
    return { kind: "refused", because: status === 400 ? "bad-data" : "other", reason };
  }
  const afterMs = retryAfterMs(answer.headers["retry-after"], answer.headers.date);
  return { kind: "retry", reason, ...(afterMs === undefined ? {} : { afterMs }) };
}

/** The beginning of an answer, on one line, without what it may repeat of the request's secrets. */
function shownText(
  body: Buffer,
  { basic_auth, authorization, headers }: RemoteWriteConfig,
): string {
  let text = body.toString("utf8").replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ");
  const secrets = [basic_auth?.password, authorization?.credentials, ...Object.values(headers)];
  for (const secret of secrets) if (secret) text = text.replaceAll(secret, "<secret>");
  return text.trim().slice(0, ANSWER_SHOWN);
}

/** Seconds, or a date, which is counted from the answer's own. */
function retryAfterMs(after: string | undefined, date: string | undefined): number | undefined {
  if (after === undefined) return undefined;
  const ms = /^\d+$/.test(after)
    ? Number(after) * SECOND_MS
    : Date.parse(after) - Date.parse(date ?? "");
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), RETRY_AFTER_MAX_MS);
}
