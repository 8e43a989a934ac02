import { utf8Bytes } from "../model/text.ts";

const BLOCK_BYTES = 64;
const LENGTH_BYTES = 8;
/** Bits by which each step rotates, four a round (RFC 1321, section 3.4). */
const ROTATIONS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21] as const;
const SINES = Int32Array.from({ length: 64 }, (_, i) =>
  Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32),
);

/**
 * The MD5 digest of a text, as 16 bytes (RFC 1321). It spreads targets, and no more: `hashmod` and
 * the offsets of scrapes are to be those that Prometheus' users know.
 */
export function md5(text: string): Uint8Array {
  const bytes = utf8Bytes(text);
  const blocks = Math.ceil((bytes.length + 1 + LENGTH_BYTES) / BLOCK_BYTES);
  const padded = new Uint8Array(blocks * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  const bits = BigInt(bytes.length) * 8n;
  view.setBigUint64(padded.length - LENGTH_BYTES, bits, true);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let from = 0; from < padded.length; from += BLOCK_BYTES) addBlock(state, view, from);
  const digest = new DataView(new ArrayBuffer(16));
  for (const [i, word] of state.entries()) digest.setInt32(i * 4, word, true);
  return new Uint8Array(digest.buffer);
}

function addBlock(state: Int32Array, view: DataView, from: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let step = 0; step < 64; step++) {
    const round = step >>> 4;
    const { mixed, word } = mix(step, round, [b, c, d]);
    const sum = (a + mixed + (SINES[step] ?? 0) + view.getInt32(from + word * 4, true)) | 0;
    const bits = ROTATIONS[round * 4 + (step & 3)] ?? 0;
    [a, d, c, b] = [d, c, b, (b + ((sum << bits) | (sum >>> (32 - bits)))) | 0];
  }
  for (const [i, added] of [a, b, c, d].entries()) state[i] = (state[i] ?? 0) + added;
}

/** The round's function of three words, and which word of the block comes next. */
function mix(
  step: number,
  round: number,
  [b, c, d]: readonly [number, number, number],
): { readonly mixed: number; readonly word: number } {
  if (round === 0) return { mixed: (b & c) | (~b & d), word: step };
  if (round === 1) return { mixed: (d & b) | (~d & c), word: (5 * step + 1) & 15 };
  if (round === 2) return { mixed: b ^ c ^ d, word: (3 * step + 5) & 15 };
  return { mixed: c ^ (b | ~d), word: (7 * step) & 15 };
}

/** A text's place among `buckets` equal ones, by the last eight bytes of its digest. */
export function md5Bucket(text: string, buckets: number): number {
  const digest = new DataView(md5(text).buffer);
  return Number(digest.getBigUint64(8) % BigInt(buckets));
}
