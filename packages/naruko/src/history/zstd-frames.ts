import { createZstdDecompress } from "node:zlib";
import type { ZstdDecompress } from "node:zlib";

/**
 * Decompresses zstd, streamed. A file may hold several frames one after the other, as joined files
 * and parallel compressors make them; Node's decompressor ends with the first and drops what is left
 * of the chunk.
 *
 * @throws Error when the bytes are damaged, or end within a frame
 */
export async function* zstdFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let frame = new Frame();
  for await (const chunk of chunks) {
    for (let rest = chunk; rest.length > 0;) {
      const taken = yield* frame.write(rest);
      rest = rest.subarray(taken);
      if (rest.length === 0) break;
      yield* frame.end();
      frame = new Frame();
    }
  }
  yield* frame.end();
}

/** One frame, or several of which each begins with a chunk. */
class Frame {
  readonly #stream: ZstdDecompress = createZstdDecompress();
  /** Chunks that were written to their end, or to the end of the frame. */
  #written = 0;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor() {
    this.#stream.on("readable", () => {
      this.#wake();
    });
    this.#stream.on("error", (error) => {
      this.#failure = error;
      this.#wake();
    });
  }

  /** Yields what a chunk comes to, and returns how much of it belonged to the frame. */
  async *write(chunk: Buffer): AsyncGenerator<Buffer, number> {
    const before = this.#stream.bytesWritten;
    const writtenBefore = this.#written;
    this.#stream.write(chunk, () => {
      this.#written++;
      this.#wake();
    });
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const bytes = this.#stream.read() as Buffer | null;
      if (bytes !== null) yield bytes;
      else if (this.#written > writtenBefore) return this.#stream.bytesWritten - before;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async *end(): AsyncGenerator<Buffer> {
    this.#stream.end();
    for await (const bytes of this.#stream) yield bytes as Buffer;
  }
}
