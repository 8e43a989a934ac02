/**
 * The encoding of float samples, after Gorilla (Pelkonen et al., VLDB 2015): times as the change of
 * their distance, values as the exclusive or with the one before. Every bit of every double comes
 * back, payloads of NaN included, because values travel as two 32-bit words and never as numbers.
 *
 * A chunk's first time is kept beside the stream. The stream holds the first value in 64 bits, and
 * then for each sample:
 * - the change of distance d: `0` for none, `10` + 7 bits, `110` + 14 bits, `1110` + 20 bits (two's
 *   complement), or `1111` + d as a double;
 * - the value: `0` where it repeats, `10` + the meaningful bits where they fit where the last ones
 *   were, or `11` + 5 bits of leading zeros + 6 bits of length (0 is 64) + the meaningful bits.
 */
export const XOR_SAMPLES = 1;

/** Bytes that must follow a stream before its buffer ends, because it is read four at a time. */
export const STREAM_PADDING = 8;

/** Most bits that one sample can take: a time of 4 + 64 and a value of 13 + 64. */
const SAMPLE_BITS_MAX = 145;

/** Whether the platform keeps the low word of a double first. */
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const HIGH = LITTLE_ENDIAN ? 1 : 0;
const LOW = LITTLE_ENDIAN ? 0 : 1;

/** An array of doubles as its 32-bit words. */
export function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Writes streams; the buffer that it hands out is its own and is overwritten by the next call. */
export class SampleEncoder {
  private bytes = new Uint8Array(4096);
  private bit = 0;
  private readonly double = new Float64Array(1);
  private readonly doubleWords = wordsOf(this.double);

  /** Encodes the samples at [from, to) of both arrays; there is at least one. */
  encode(times: Float64Array, values: Float64Array, from: number, to: number): Uint8Array {
    this.reset(to - from);
    const words = wordsOf(values);
    let high = words[from * 2 + HIGH] ?? 0;
    let low = words[from * 2 + LOW] ?? 0;
    this.write(high, 32);
    this.write(low, 32);
    let time = times[from] ?? 0;
    let distance = 0;
    // Where the last meaningful bits were; a length of 0 fits nothing.
    let leading = 0;
    let length = 0;
    for (let i = from + 1; i < to; i++) {
      const next = times[i] ?? 0;
      this.writeChange(next - time - distance);
      distance = next - time;
      time = next;
      const nextHigh = words[i * 2 + HIGH] ?? 0;
      const nextLow = words[i * 2 + LOW] ?? 0;
      const xorHigh = (nextHigh ^ high) >>> 0;
      const xorLow = (nextLow ^ low) >>> 0;
      high = nextHigh;
      low = nextLow;
      if (xorHigh === 0 && xorLow === 0) {
        this.write(0, 1);
        continue;
      }
      const zerosBefore = Math.min(
        31,
        xorHigh === 0 ? 32 + Math.clz32(xorLow) : Math.clz32(xorHigh),
      );
      const zerosAfter = xorLow === 0 ? 32 + trailingZeros(xorHigh) : trailingZeros(xorLow);
      const needed = 64 - zerosBefore - zerosAfter;
      const fits = zerosBefore >= leading && zerosAfter >= 64 - leading - length;
      // A far too wide place costs more than saying a new one.
      if (length > 0 && fits && length < needed + 13) this.write(2, 2);
      else {
        leading = zerosBefore;
        length = needed;
        this.write(3, 2);
        this.write(leading, 5);
        this.write(length & 63, 6);
      }
      this.writeMeaningful(xorHigh, xorLow, { leading, length });
    }
    return this.bytes.subarray(0, (this.bit + 7) >>> 3);
  }

  private reset(count: number): void {
    const needed = ((count * SAMPLE_BITS_MAX) >>> 3) + 16;
    if (this.bytes.length < needed) this.bytes = new Uint8Array(needed * 2);
    else this.bytes.fill(0, 0, (this.bit >>> 3) + 1);
    this.bit = 0;
  }

  private writeChange(change: number): void {
    if (change === 0) this.write(0, 1);
    else if (change >= -64 && change < 64) this.write(0x100 | (change & 0x7f), 9);
    else if (change >= -8192 && change < 8192) this.write(0x18000 | (change & 0x3fff), 17);
    else if (change >= -524_288 && change < 524_288) {
      this.write(0xe00000 | (change & 0xfffff), 24);
    } else {
      this.double[0] = change;
      this.write(15, 4);
      this.write(this.doubleWords[HIGH] ?? 0, 32);
      this.write(this.doubleWords[LOW] ?? 0, 32);
    }
  }

  private writeMeaningful(
    high: number,
    low: number,
    at: { readonly leading: number; readonly length: number },
  ): void {
    const shift = 64 - at.leading - at.length;
    const shiftedHigh = shift >= 32 ? 0 : high >>> shift;
    const shiftedLow =
      shift >= 32
        ? high >>> (shift - 32)
        : shift === 0
          ? low
          : (low >>> shift) | (high << (32 - shift));
    if (at.length > 32) this.write(shiftedHigh, at.length - 32);
    this.write(shiftedLow, Math.min(32, at.length));
  }

  /** Appends the low bits of a word, the highest of them first. */
  private write(word: number, bits: number): void {
    let left = bits;
    while (left > 0) {
      const free = 8 - (this.bit & 7);
      const taken = Math.min(free, left);
      const part = (word >>> (left - taken)) & ((1 << taken) - 1);
      const index = this.bit >>> 3;
      this.bytes[index] = (this.bytes[index] ?? 0) | (part << (free - taken));
      this.bit += taken;
      left -= taken;
    }
  }
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** A stream in a buffer that goes on for at least STREAM_PADDING bytes behind it. */
export type SampleStream = {
  readonly view: DataView;
  /** Where the stream begins. */
  readonly offset: number;
  /** The time of the first sample. */
  readonly from: number;
  readonly count: number;
};

/**
 * Decodes a whole stream into two arrays, beginning at an index.
 *
 * @param words the array of values as `wordsOf` shows it
 */
export function decodeSamples(
  stream: SampleStream,
  times: Float64Array,
  words: Uint32Array,
  index: number,
): void {
  const { view, offset, count } = stream;
  const end = index + count;
  let bit = offset * 8;
  let time = stream.from;
  let distance = 0;
  let high = bitsAt(view, bit, 32);
  let low = bitsAt(view, bit + 32, 32);
  bit += 64;
  let length = 0;
  let shift = 0;
  times[index] = time;
  words[index * 2 + HIGH] = high;
  words[index * 2 + LOW] = low;
  for (let i = index + 1; i < end; i++) {
    // The upper 25 bits of `ahead` are valid: enough for every prefix and what it carries.
    let ahead = view.getInt32(bit >>> 3) << (bit & 7);
    if (ahead >= 0) bit += 1;
    else if ((ahead & 0x40000000) === 0) {
      distance += (ahead << 2) >> 25;
      bit += 9;
    } else if ((ahead & 0x20000000) === 0) {
      distance += (ahead << 3) >> 18;
      bit += 17;
    } else if ((ahead & 0x10000000) === 0) {
      distance += (ahead << 4) >> 12;
      bit += 24;
    } else {
      distance += doubleAt(view, bit + 4);
      bit += 68;
    }
    time += distance;
    times[i] = time;
    ahead = view.getInt32(bit >>> 3) << (bit & 7);
    if (ahead >= 0) bit += 1;
    else {
      if ((ahead & 0x40000000) === 0) bit += 2;
      else {
        length = (ahead >>> 19) & 63 || 64;
        shift = 64 - ((ahead >>> 25) & 31) - length;
        bit += 13;
      }
      const upper = length > 32 ? bitsAt(view, bit, length - 32) : 0;
      const lower = length > 32 ? bitsAt(view, bit + length - 32, 32) : bitsAt(view, bit, length);
      bit += length;
      if (shift >= 32) high ^= lower << (shift - 32);
      else if (shift === 0) {
        high ^= upper;
        low ^= lower;
      } else {
        high ^= (upper << shift) | (lower >>> (32 - shift));
        low ^= lower << shift;
      }
    }
    words[i * 2 + HIGH] = high;
    words[i * 2 + LOW] = low;
  }
}

/** 1 to 32 bits from a bit position, the highest first. */
function bitsAt(view: DataView, bit: number, bits: number): number {
  const byte = bit >>> 3;
  const within = bit & 7;
  const head = view.getInt32(byte) << within;
  return (head | (view.getUint8(byte + 4) >>> (8 - within))) >>> (32 - bits);
}

function doubleAt(view: DataView, bit: number): number {
  const double = new Float64Array(1);
  const words = wordsOf(double);
  words[HIGH] = bitsAt(view, bit, 32);
  words[LOW] = bitsAt(view, bit + 32, 32);
  return double[0] ?? 0;
}
