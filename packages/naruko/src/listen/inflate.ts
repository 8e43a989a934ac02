import { promisify } from "node:util";
import * as zlib from "node:zlib";
import type { BodyShare } from "./body-budget.ts";
import { noRoom, tooLarge } from "./body-limits.ts";
import type { Body, BodyLimits } from "./body-limits.ts";

/** How a body may be compressed, by the name that HTTP and gRPC both have for it. */
export type Coding = "gzip" | "deflate" | "zstd";

type Options = { readonly maxOutputLength: number };

type Codec = {
  readonly here: (body: Uint8Array, options: Options) => Buffer;
  readonly apart: (body: Uint8Array, options: Options) => Promise<Buffer>;
};

/** Output up to this is inflated at once; above, another thread costs less than the wait for it. */
const INFLATE_HERE_BYTES = 4 * 1024 * 1024;

/**
 * A zstd frame says how much memory it takes to decompress it: up to 8 MiB are given, the most that
 * a sender may ask for (RFC 9659), whatever the compressor's level.
 */
const ZSTD = { params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } };

const gunzip = promisify(zlib.gunzip);
const inflate = promisify(zlib.inflate);
const zstd = promisify(zlib.zstdDecompress);

const CODECS: Readonly<Record<Coding, Codec>> = {
  gzip: { here: zlib.gunzipSync, apart: gunzip },
  deflate: { here: zlib.inflateSync, apart: inflate },
  zstd: {
    here: (body, options) => zlib.zstdDecompressSync(body, { ...options, ...ZSTD }),
    apart: (body, options) => zstd(body, { ...options, ...ZSTD }),
  },
};

/** The names that a refusal tells. */
export const CODINGS: readonly string[] = Object.keys(CODECS);

/** The coding that a header names, if it is one that is served. */
export function codingOf(name: string): Coding | undefined {
  return CODINGS.includes(name) ? (name as Coding) : undefined;
}

/** Decompresses a body within the limits; its share of the budget is then that of the result. */
export async function inflateBody(
  body: Uint8Array,
  coding: Coding,
  limits: BodyLimits,
  share: BodyShare,
): Promise<Body> {
  const { inflatedBytes } = limits;
  const codec = CODECS[coding];
  let outcome = await outcomeOf(() =>
    codec.here(body, { maxOutputLength: Math.min(INFLATE_HERE_BYTES, inflatedBytes) }),
  );
  if (outcome === "too-large" && inflatedBytes > INFLATE_HERE_BYTES) {
    // How large it becomes is not known before: room for the largest is kept meanwhile.
    if (!share.setTo(body.length + inflatedBytes)) return noRoom();
    outcome = await outcomeOf(() => codec.apart(body, { maxOutputLength: inflatedBytes }));
  }
  if (outcome === "too-large") return tooLarge("inflatedBytes", limits);
  if (typeof outcome === "string") {
    return { refusal: { status: 400, reason: `the body is not valid ${coding}: ${outcome}` } };
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
