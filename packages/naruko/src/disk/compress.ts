import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

// Level 1 is the fastest that still takes off two thirds; what is written is deleted within minutes.
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

export function compress(bytes: Uint8Array | string): Buffer {
  return zstdCompressSync(bytes, FAST);
}

export function decompress(bytes: Uint8Array): Buffer {
  return zstdDecompressSync(bytes);
}
