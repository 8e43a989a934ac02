import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip, gunzipSync } from "node:zlib";

/** A body that was refused: the status that HTTP has for it, and why. */
export type BodyRefusal = { readonly status: 400 | 413 | 415; readonly reason: string };

export type BodyLimits = { readonly bodyBytes: number; readonly inflatedBytes: number };

/** Above it, inflating goes to another thread; below, the hand-over costs more than the work. */
const INFLATE_APART_BYTES = 1024 * 1024;
const gunzipApart = promisify(gunzip);

/** Reads and inflates a request's body within the limits. Never holds more than they allow. */
export async function readBody(
  request: IncomingMessage,
  limits: BodyLimits,
): Promise<{ readonly bytes: Uint8Array } | { readonly refusal: BodyRefusal }> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > limits.bodyBytes) return tooLarge("body", limits.bodyBytes);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > limits.bodyBytes) return tooLarge("body", limits.bodyBytes);
    parts.push(part);
  }
  const [only] = parts;
  const body = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, length);
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return { bytes: body };
  if (encoding === "gzip") return inflate(body, limits.inflatedBytes);
  const reason = `Content-Encoding "${encoding}" is not served; send gzip or none`;
  return { refusal: { status: 415, reason } };
}

async function inflate(
  body: Buffer,
  maxBytes: number,
): Promise<{ readonly bytes: Uint8Array } | { readonly refusal: BodyRefusal }> {
  const options = { maxOutputLength: maxBytes };
  try {
    const small = body.length < INFLATE_APART_BYTES;
    return { bytes: small ? gunzipSync(body, options) : await gunzipApart(body, options) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE") return tooLarge("decompressed body", maxBytes);
    const why = error instanceof Error ? error.message : String(error);
    return { refusal: { status: 400, reason: `the body is not valid gzip: ${why}` } };
  }
}

function tooLarge(what: string, limit: number): { readonly refusal: BodyRefusal } {
  return { refusal: { status: 413, reason: `the ${what} has more than ${limit} bytes` } };
}
