import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGzip, gzip } from "node:zlib";
import type { Answer } from "./server.ts";

/** Less than this fits into one packet anyway. */
const WORTH_COMPRESSING_BYTES = 1024;
/** Speed counts more here than the last tenth: the machine that compresses also receives. */
const GZIP = { level: 3 };

const gzipWhole = promisify(gzip);

/**
 * Sends an answer, compressed where it may be and the client takes it. A streamed one goes out
 * piece by piece, as fast as the client reads, and other requests are served between the pieces.
 *
 * @param stalledMs a client that takes nothing for so long is hung up on
 * @throws what the stream throws; the connection is closed then, for part of the answer is out
 */
export async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer & { readonly headers: OutgoingHttpHeaders },
  stalledMs: number,
): Promise<void> {
  const packs = answer.compress === true && takesGzip(request.headers["accept-encoding"]);
  const vary = answer.compress === true ? { Vary: "Accept-Encoding" } : {};
  const encoding = packs ? { "Content-Encoding": "gzip" } : {};
  const { status, stream, body = "" } = answer;
  if (stream === undefined) {
    const packed = packs && Buffer.byteLength(body) >= WORTH_COMPRESSING_BYTES;
    const bytes = packed ? await gzipWhole(body, GZIP) : body;
    const length = { "Content-Length": Buffer.byteLength(bytes) };
    response.writeHead(status, {
      ...answer.headers,
      ...vary,
      ...(packed ? encoding : {}),
      ...length,
    });
    response.end(request.method === "HEAD" ? undefined : bytes);
    return;
  }
  response.writeHead(status, { ...answer.headers, ...vary, ...encoding });
  response.setTimeout(stalledMs, () => response.destroy());
  await pump(stream, packs ? [createGzip(GZIP), response] : [response], response);
}

async function pump(
  stream: Iterable<string>,
  way: readonly Writable[],
  response: ServerResponse,
): Promise<void> {
  let fault: unknown;
  function* watched(): Generator<string> {
    try {
      yield* stream;
    } catch (error) {
      fault = error;
      throw error;
    }
  }
  async function* turns(): AsyncGenerator<string> {
    for (const piece of watched()) {
      yield piece;
      await new Promise(setImmediate);
    }
  }
  try {
    await pipeline([Readable.from(turns(), { objectMode: false }), ...way]);
  } catch {
    // Whoever hung up needs nothing more; the pipeline has closed the connection either way.
    response.destroy();
  }
  if (fault !== undefined) throw fault;
}

/** Whether `Accept-Encoding` has gzip, and not with the weight 0. */
export function takesGzip(header: string | string[] | undefined): boolean {
  const codings = [header ?? ""].flat().join(",").split(",");
  return codings.some((coding) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(coding));
}

/** Whether the client is gone: it closed its side while it waited for the answer. */
export function hasHungUp({ socket }: IncomingMessage): boolean {
  return socket.destroyed || socket.writableEnded;
}
