import { createRequire } from "node:module";

/** The library has no types of its own. */
const { compress } = createRequire(import.meta.url)("snappyjs") as {
  readonly compress: (bytes: Uint8Array) => Uint8Array;
};

/** The bytes in Snappy's block format, which remote write prescribes. */
export function snappyCompressed(bytes: Uint8Array): Uint8Array {
  return compress(bytes);
}
