import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { zstdFrames } from "./zstd-frames.ts";

/** One line of a file, or why it could not be read. */
export type Line = { readonly number: number } & (
  { readonly bytes: Uint8Array } | { readonly fault: string }
);

export type ReadLinesOptions = {
  /** Bytes of one line; a longer one is a fault, and is not kept in memory. */
  readonly maxBytes: number;
  /** Called with bytes of the file as they are read, before decompression: for progress. */
  readonly onBytes?: (count: number) => void;
};

/** The first bytes of what is compressed, in hexadecimal. */
const GZIP = "1f8b";
const ZSTD = "28b52ffd";

const LINE_END = 0x0a;

/**
 * The lines of a plain, gzip or zstd file, streamed; told apart by their first bytes. Empty lines
 * are left out, but counted. A file that ends in the middle of its compression gives a fault last.
 *
 * @throws Error when the file cannot be opened
 */
export async function* readLines(file: string, options: ReadLinesOptions): AsyncGenerator<Line> {
  const splitter = new LineSplitter(options.maxBytes);
  try {
    for await (const chunk of await streamOf(file, options)) yield* splitter.take(chunk as Buffer);
  } catch (error) {
    if (isAboutFile(error)) throw error;
    // What was read up to the damage is good; the rest is lost, and is told as one bad line.
    const reason = error instanceof Error ? error.message : String(error);
    yield { number: splitter.next, fault: `the file is damaged from here on: ${reason}` };
    return;
  }
  yield* splitter.end();
}

async function streamOf(
  file: string,
  { onBytes }: ReadLinesOptions,
): Promise<AsyncIterable<unknown>> {
  const magic = await firstBytes(file);
  const bytes = counted(createReadStream(file), onBytes);
  if (magic === ZSTD) return zstdFrames(bytes);
  if (!magic.startsWith(GZIP)) return bytes;
  const source = Readable.from(bytes);
  const gunzip = createGunzip();
  source.on("error", (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}

async function* counted(
  chunks: AsyncIterable<unknown>,
  onBytes: ReadLinesOptions["onBytes"],
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    const bytes = chunk as Buffer;
    onBytes?.(bytes.length);
    yield bytes;
  }
}

async function firstBytes(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead).toString("hex");
  } finally {
    await handle.close();
  }
}

/** Errors of the file system name a system call; those of a decompressor do not. */
function isAboutFile(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

/** Cuts a stream of bytes into lines. */
class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;
  #number = 1;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The number of the line that is being read. */
  get next(): number {
    return this.#number;
  }

  *take(chunk: Buffer): Generator<Line> {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_END, from);
      if (end < 0) break;
      this.#add(chunk.subarray(from, end));
      yield* this.#line();
      from = end + 1;
    }
    this.#add(chunk.subarray(from));
  }

  *end(): Generator<Line> {
    yield* this.#line();
  }

  #add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#maxBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  *#line(): Generator<Line> {
    const [parts, length, number] = [this.#parts, this.#length, this.#number++];
    this.#parts = [];
    this.#length = 0;
    if (length > this.#maxBytes) {
      yield { number, fault: `the line has ${length} bytes, more than ${this.#maxBytes}` };
      return;
    }
    const [first] = parts;
    const bytes = first !== undefined && parts.length === 1 ? first : Buffer.concat(parts);
    if (!isBlank(bytes)) yield { number, bytes };
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
