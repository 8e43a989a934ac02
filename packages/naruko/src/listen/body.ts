import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip, gunzipSync } from "node:zlib";
import type { Limits } from "@naruko/core/model/limits";
import type { BodyShare } from "./body-budget.ts";

/** A body that was refused: the status that HTTP has for it, and why. The reason names the limit, if it was one. */
export type BodyRefusal = {
  readonly status: 400 | 413 | 415 | 503;
  readonly reason: string;
};

export type BodyLimits = Pick<Limits, "bodyBytes" | "inflatedBytes">;

type Body = { readonly bytes: Uint8Array } | { readonly refusal: BodyRefusal };

const UNBOUNDED: BodyShare = { setTo: () => true, release: () => undefined };

/** Output up to this is inflated at once; above, another thread costs less than the wait for it. */
const INFLATE_HERE_BYTES = 4 * 1024 * 1024;
const gunzipApart = promisify(gunzip);

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
  if (encoding === "gzip") return inflate(body.bytes, limits, share);
  const reason = `Content-Encoding "${encoding.slice(0, 40)}" is not served; send gzip or none`;
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

async function inflate(body: Uint8Array, limits: BodyLimits, share: BodyShare): Promise<Body> {
  const { inflatedBytes } = limits;
  const here = await outcomeOf(() =>
    gunzipSync(body, { maxOutputLength: Math.min(INFLATE_HERE_BYTES, inflatedBytes) }),
  );
  let outcome = here;
  if (here === "too-large" && inflatedBytes > INFLATE_HERE_BYTES) {
    // How large it becomes is not known before: room for the largest is kept meanwhile.
    if (!share.setTo(body.length + inflatedBytes)) return noRoom();
    outcome = await outcomeOf(() => gunzipApart(body, { maxOutputLength: inflatedBytes }));
  }
  if (outcome === "too-large") return tooLarge("inflatedBytes", limits);
  if (typeof outcome === "string") {
    return { refusal: { status: 400, reason: `the body is not valid gzip: ${outcome}` } };
  }
  return share.setTo(outcome.length) ? { bytes: outcome } : noRoom();
}

/** What inflating came to: the bytes, `too-large`, or what is wrong with them. */
async function outcomeOf(work: () => Buffer | Promise<Buffer>): Promise<Buffer | string> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE") return "too-large";
    return error instanceof Error ? error.message : String(error);
  }
}

function tooLarge(limit: "bodyBytes" | "inflatedBytes", limits: BodyLimits): Body {
  const what = limit === "bodyBytes" ? "body" : "decompressed body";
  const reason = `the ${what} has more than ${limits[limit]} bytes (limit ${limit})`;
  return { refusal: { status: 413, reason } };
}

function noRoom(): Body {
  const reason = "too many bytes of other requests are in hand (limit inFlightBytes)";
  return { refusal: { status: 503, reason } };
}
