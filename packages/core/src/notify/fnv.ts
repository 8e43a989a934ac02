import { labelEntries, type Labels } from "../model/labels.ts";
import { utf8Bytes } from "../model/text.ts";

// FNV-1a, 64 bits, as two 32-bit words: a Number holds a 32-bit word times the prime's low part
// exactly, a 64-bit product not. http://www.isthe.com/chongo/tech/comp/fnv/
const OFFSET_HIGH = 0xcbf29ce4;
const OFFSET_LOW = 0x84222325;
// The prime is 2^40 + 0x1b3.
const PRIME_LOW = 0x1b3;
const WORD = 0x1_0000_0000;

/** Never occurs in UTF-8, so that no two lists of parts have the same bytes. */
const SEPARATOR = 0xff;

/** The FNV-1a hash of the parts' UTF-8 bytes, each ended by 0xff, as 16 hex digits. */
export function fnv1a64(parts: Iterable<string>): string {
  let high = OFFSET_HIGH;
  let low = OFFSET_LOW;
  const add = (byte: number): void => {
    const mixed = (low ^ byte) >>> 0;
    const product = mixed * PRIME_LOW;
    high = (Math.imul(high, PRIME_LOW) + Math.floor(product / WORD) + (mixed << 8)) >>> 0;
    low = product >>> 0;
  };
  for (const part of parts) {
    for (const byte of utf8Bytes(part)) add(byte);
    add(SEPARATOR);
  }
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

function* namesAndValues(labels: Labels): Generator<string> {
  for (const [name, value] of labelEntries(labels)) {
    yield name;
    yield value;
  }
}

/** What Prometheus and Alertmanager call the fingerprint of a label set: equal for equal labels. */
export function fingerprintOf(labels: Labels): string {
  return fnv1a64(namesAndValues(labels));
}
