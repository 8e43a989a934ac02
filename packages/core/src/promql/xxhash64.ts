// Yann Collet's 64-bit hash without a seed, after its specification:
// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
const PRIME_1 = 0x9e3779b185ebca87n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME_3 = 0x165667b19e3779f9n;
const PRIME_4 = 0x85ebca77c2b2ae63n;
const PRIME_5 = 0x27d4eb2f165667c5n;
const STRIPE_BYTES = 32;

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

function rotated(value: bigint, bits: bigint): bigint {
  return wrap((value << bits) | (value >> (64n - bits)));
}

function round(accumulator: bigint, lane: bigint): bigint {
  return wrap(rotated(wrap(accumulator + lane * PRIME_2), 31n) * PRIME_1);
}

function merged(hash: bigint, accumulator: bigint): bigint {
  return wrap((hash ^ round(0n, accumulator)) * PRIME_1 + PRIME_4);
}

/** The XXH64 hash of bytes. */
export function xxhash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash = PRIME_5;
  if (bytes.length >= STRIPE_BYTES) {
    const lanes = [wrap(PRIME_1 + PRIME_2), PRIME_2, 0n, wrap(-PRIME_1)];
    for (; at + STRIPE_BYTES <= bytes.length; at += STRIPE_BYTES) {
      for (const [i, lane] of lanes.entries()) {
        lanes[i] = round(lane, view.getBigUint64(at + i * 8, true));
      }
    }
    hash = 0n;
    for (const [i, bits] of [1n, 7n, 12n, 18n].entries()) hash += rotated(lanes[i] ?? 0n, bits);
    hash = wrap(hash);
    for (const lane of lanes) hash = merged(hash, lane);
  }
  hash = wrap(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    hash ^= round(0n, view.getBigUint64(at, true));
    hash = wrap(rotated(hash, 27n) * PRIME_1 + PRIME_4);
  }
  if (at + 4 <= bytes.length) {
    hash = wrap(hash ^ (BigInt(view.getUint32(at, true)) * PRIME_1));
    hash = wrap(rotated(hash, 23n) * PRIME_2 + PRIME_3);
    at += 4;
  }
  for (; at < bytes.length; at++) {
    hash = wrap(hash ^ (BigInt(view.getUint8(at)) * PRIME_5));
    hash = wrap(rotated(hash, 11n) * PRIME_1);
  }
  hash = wrap((hash ^ (hash >> 33n)) * PRIME_2);
  hash = wrap((hash ^ (hash >> 29n)) * PRIME_3);
  return hash ^ (hash >> 32n);
}
