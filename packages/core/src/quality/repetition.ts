import type { Call } from "../model/call.ts";
import { isDataLike } from "./data-like.ts";

/** Code units at the end of an answer in which a loop is looked for. */
const END = 4096;
/** A loop has gone round so often, over so much text; a sign of Chinese or Japanese counts twice. */
const LEAST_ROUNDS = 5;
const LEAST_LOOP = 200;
const LEAST_UNITS = LEAST_LOOP / 2;
/** Code units at the end of a loop that stood one round before, too: it has all but one round of them. */
const LAST_UNITS = (LEAST_UNITS * (LEAST_ROUNDS - 1)) / LEAST_ROUNDS;
/** Rows of data and code may be equal a few times. */
const LEAST_ROUNDS_OF_DATA = 8;
/** Texts of fewer letters, in code units, cannot tell. */
const LEAST_TEXT = 150;
/** Code units that are compared as one piece. */
const PIECE = 16;
/** The share of pieces that occurred before, from which prose goes round in circles. */
const MOST_REPEATED = 0.8;
/**
 * Whether the answer runs in circles: its end repeats one piece again and again, or nearly all of it
 * was said before. What the input itself has is taken for asked. Looks at every character a fixed
 * number of times.
 */
export function isRepetitive(call: Call): boolean {
  const output = call.text?.output;
  if (output === undefined || output.length < LEAST_UNITS || call.errorType !== undefined)
    return false;
  const loop = loopAtEnd(output);
  if (loop !== undefined) return !isAskedFor(loop, call.text?.input ?? "");
  return isMostlyRepeated(output) && !isDataLike(output);
}

/** The piece that the text's end repeats, if there is one that says something. */
function loopAtEnd(text: string): string | undefined {
  const end = text.slice(-END).trimEnd();
  if (!endsTwice(end)) return undefined;
  const rounds = isDataLike(text) ? LEAST_ROUNDS_OF_DATA : LEAST_ROUNDS;
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
 * Whether the last code units stood one round before, as in every loop of at least `LEAST_UNITS` and
 * `LEAST_ROUNDS`: in hardly any other text, and found out at little cost.
 */
function endsTwice(end: string): boolean {
  if (end.length < LEAST_UNITS) return false;
  const last = end.length - LAST_UNITS;
  const longestRound = Math.floor(end.length / LEAST_ROUNDS);
  return end.indexOf(end.slice(last), Math.max(0, last - longestRound)) < last;
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

/** Who asks for rows or rounds gets them. */
const ASKS_FOR_ROUNDS =
  /\b(?:\d+|two|three|five|ten|twenty|fifty|hundred|many) (?:times|rows|lines|copies)\b|\brepeat|over and over|again and again|繰り返|\d回|重复|\d ?遍|\d+[ -]?mal\b|wiederhol|\d+ fois|répèt|\d+ veces|repit/i;

function isAskedFor(piece: string, input: string): boolean {
  const trimmed = piece.trim().slice(0, MOST_ASKED);
  if (weightOf(trimmed) >= LEAST_ASKED && input.includes(trimmed)) return true;
  return ASKS_FOR_ROUNDS.test(input);
}

/**
 * Whether most pieces of a fixed number of letters occurred before; what is no letter is passed over, so
 * that the numbers of items, blanks and stops make no difference. Pieces are remembered as bits of a
 * table sixteen times as long as the text, so that at most one in sixteen is taken for another. Reads
 * until too many did not occur before: of most texts, the first fifth.
 */
function isMostlyRepeated(text: string): boolean {
  const bits = 1 << (32 - Math.clz32(text.length * 16 - 1));
  const seen = emptyTable(bits >>> 5);
  const last = LAST_LETTERS.fill(0);
  const mostNew = Math.ceil((text.length - PIECE + 1) * (1 - MOST_REPEATED));
  let hash = 0;
  let letters = 0;
  let fresh = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (!isLetter(unit)) continue;
    const place = letters++ % PIECE;
    hash = (Math.imul(hash, BASE) + unit - Math.imul(LEAVING, last[place] ?? 0)) | 0;
    last[place] = unit;
    if (letters < PIECE) continue;
    const bit = (Math.imul(hash, SPREAD) >>> 7) & (bits - 1);
    const mask = 1 << (bit & 31);
    const word = seen[bit >>> 5] ?? 0;
    if ((word & mask) !== 0) continue;
    seen[bit >>> 5] = word | mask;
    if (++fresh > mostNew) return false;
  }
  const pieces = letters - PIECE + 1;
  return letters >= LEAST_TEXT && (pieces - fresh) / pieces >= MOST_REPEATED;
}

/** Of texts up to 32,768 code units; made once, because a typed array costs more to make than to fill. */
const TABLE = new Uint32Array(16_384);
const LAST_LETTERS = new Uint16Array(PIECE);

function emptyTable(words: number): Uint32Array {
  return words <= TABLE.length ? TABLE.fill(0, 0, words) : new Uint32Array(words);
}

/** Letters of ASCII, and everything above it but the blocks of punctuation. */
function isLetter(unit: number): boolean {
  if (unit < 0xc0) return (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90);
  return !(
    (unit >= 0x2000 && unit <= 0x2bff) ||
    (unit >= 0x3000 && unit <= 0x303f) ||
    unit >= 0xff00
  );
}

/** Odd numbers without pattern: one rolls the hash, the other spreads it over the table. */
const BASE = 0x01000193;
const SPREAD = 0x9e3779b1;
/** What the base comes to for the letter that leaves a piece. */
let leaving = 1;
for (let i = 0; i < PIECE; i++) leaving = Math.imul(leaving, BASE);
const LEAVING = leaving;
