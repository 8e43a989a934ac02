import type { IncomingMessage } from "node:http";
import type { BodyShare } from "./body-budget.ts";
import { noRoom, tooLarge } from "./body-limits.ts";
import type { Body, BodyLimits } from "./body-limits.ts";
import { CODINGS, codingOf, inflateBody } from "./inflate.ts";

const UNBOUNDED: BodyShare = { setTo: () => true, release: () => undefined };

/**
 * Reads and inflates a request's body within the limits. Never holds more than they allow.
 *
 * @param share grows with what is read, and holds the body when this returns; absent where the
 *   limits are small, and few requests are read at once
 */
export async function readBody(
  request: IncomingMessage,
  limits: BodyLimits,
  share: BodyShare = UNBOUNDED,
): Promise<Body> {
  const body = await readBytes(request, limits, share);
  if ("refusal" in body) return body;
  const encoding = request.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding === "identity") return body;
  const coding = codingOf(encoding);
  if (coding !== undefined) return inflateBody(body.bytes, coding, limits, share);
  const served = `send ${CODINGS.join(", ")} or none`;
  const reason = `Content-Encoding "${encoding.slice(0, 40)}" is not served; ${served}`;
  return { refusal: { status: 415, reason } };
}

/** Reads a request's body as it arrives, within the limit; see `readBody`. */
export async function readBytes(
  request: IncomingMessage,
  limits: BodyLimits,
  share: BodyShare,
): Promise<Body> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > limits.bodyBytes) return tooLarge("bodyBytes", limits);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > limits.bodyBytes) return tooLarge("bodyBytes", limits);
    if (!share.setTo(length)) return noRoom();
    parts.push(part);
  }
  const [only] = parts;
  return { bytes: parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, length) };
}
