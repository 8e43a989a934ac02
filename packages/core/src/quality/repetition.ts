import type { Call } from "../model/call.ts";

/** Code units at the end of an answer in which a loop is looked for. */
const END = 4096;
/** A loop has gone round so often, over so much text; a sign of Chinese or Japanese counts twice. */
const LEAST_ROUNDS = 5;
const LEAST_LOOP = 200;
/** Rows of data and code may be equal a few times. */
const LEAST_ROUNDS_OF_DATA = 8;
/** Texts of fewer letters, in code units, cannot tell. */
const LEAST_TEXT = 150;
/** Code units that are compared as one piece. */
const PIECE = 16;
/** The share of pieces that occurred before, from which prose goes round in circles. */
const MOST_REPEATED = 0.8;
/** The share of signs from which text is code or data, whose rows are alike by nature. */
const SIGNS_OF_DATA = 0.08;

/**
 * Whether the answer runs in circles: its end repeats one piece again and again, or nearly all of it
 * was said before. What the input itself has is taken for asked. Looks at every character a fixed
 * number of times.
 */
export function isRepetitive(call: Call): boolean {
  const output = call.text?.output;
  if (output === undefined || output.length < LEAST_LOOP / 2 || call.errorType !== undefined)
    return false;
  const isData = isDataLike(output);
  const loop = loopAtEnd(output, isData ? LEAST_ROUNDS_OF_DATA : LEAST_ROUNDS);
  if (loop !== undefined) return !isAskedFor(loop, call);
  return !isData && repeatedShare(wordsOnly(output)) >= MOST_REPEATED;
}

/** The piece that the text's end repeats, if there is one that says something. */
function loopAtEnd(text: string, rounds: number): string | undefined {
  const end = text.slice(-END).trimEnd();
  const reach = repeatsFromEnd(end);
  for (let period = 1; period * rounds <= end.length; period++) {
    const length = (reach[period] ?? 0) + period;
    if (length < period * rounds) continue;
    const from = end.length - length;
    const piece = end.slice(from, from + period);
    if (weightOf(piece) * (length / period) < LEAST_LOOP) continue;
    // A longer period would be a multiple of this one.
    return saysSomething(piece) ? piece : undefined;
  }
  return undefined;
}

/**
 * For each distance, how many code units from the end backwards equal those at that distance before
 * them: the Z function of the text read backwards, linear in its length.
 */
function repeatsFromEnd(text: string): Int32Array {
  const n = text.length;
  const reach = new Int32Array(n);
  let left = 0;
  let right = 0;
  for (let i = 1; i < n; i++) {
    let equal = i < right ? Math.min(right - i, reach[i - left] ?? 0) : 0;
    while (i + equal < n && text.charCodeAt(n - 1 - equal) === text.charCodeAt(n - 1 - i - equal))
      equal++;
    reach[i] = equal;
    if (i + equal > right) {
      left = i;
      right = i + equal;
    }
  }
  return reach;
}

const FIRST_CJK = 0x2e80;

function weightOf(text: string): number {
  let weight = text.length;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= FIRST_CJK) weight++;
  return weight;
}

/** Lines of dots and columns of zeros are drawings and data; words and numbers are not. */
function saysSomething(piece: string): boolean {
  const letters = new Set(piece.match(/\p{L}/gu));
  const digits = new Set(piece.match(/\d/g));
  if (digits.size === 0) return letters.size > 0;
  return digits.size > 1 || letters.size > 2;
}

/** Short pieces stand in many inputs by chance; of long ones the beginning is looked for. */
const LEAST_ASKED = 8;
const MOST_ASKED = 200;

function isAskedFor(piece: string, call: Call): boolean {
  const trimmed = piece.trim().slice(0, MOST_ASKED);
  return weightOf(trimmed) >= LEAST_ASKED && (call.text?.input ?? "").includes(trimmed);
}

function isDataLike(text: string): boolean {
  let signs = 0;
  let blanks = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit <= 32) blanks++;
    else if (unit < 128) signs += SIGNS[unit] ?? 0;
  }
  return signs > (text.length - blanks) * SIGNS_OF_DATA;
}

/** 1 for each sign of ASCII that code and data are full of, and prose is not. */
const SIGNS = new Uint8Array(128);
for (const sign of "{}()[]<>=;_|\\/\"'#+*&%$@^~`") SIGNS[sign.charCodeAt(0)] = 1;

/** The letters alone: numbers of items, blanks and signs make no difference. */
function wordsOnly(text: string): string {
  return text.replace(/[^\p{L}]+/gu, "");
}

/**
 * The share of pieces of a fixed length that occurred before. Pieces are remembered as bits of a table
 * sixteen times as long as the text, so that at most one in sixteen is taken for another.
 */
function repeatedShare(text: string): number {
  const pieces = text.length - PIECE + 1;
  if (text.length < LEAST_TEXT) return 0;
  const bits = 1 << (32 - Math.clz32(pieces * 16 - 1));
  const seen = new Uint32Array(bits >>> 5);
  let leaving = 1;
  for (let i = 0; i < PIECE; i++) leaving = Math.imul(leaving, BASE);
  let hash = 0;
  let repeated = 0;
  for (let i = 0; i < text.length; i++) {
    hash = (Math.imul(hash, BASE) + text.charCodeAt(i)) | 0;
    if (i >= PIECE) hash = (hash - Math.imul(leaving, text.charCodeAt(i - PIECE))) | 0;
    if (i < PIECE - 1) continue;
    const bit = (Math.imul(hash, SPREAD) >>> 7) & (bits - 1);
    const mask = 1 << (bit & 31);
    const word = seen[bit >>> 5] ?? 0;
    if ((word & mask) === 0) seen[bit >>> 5] = word | mask;
    else repeated++;
  }
  return repeated / pieces;
}

/** Odd numbers without pattern: one rolls the hash, the other spreads it over the table. */
const BASE = 0x01000193;
const SPREAD = 0x9e3779b1;
