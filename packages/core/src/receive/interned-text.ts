import { utf8Text } from "../model/text.ts";

const WORD_BYTES = 4;
/** Longer texts rarely repeat, and comparing them costs more than it saves. */
const INTERNED_WORDS = 10;
const INTERNED_BYTES = INTERNED_WORDS * WORD_BYTES;
/** A text's words in a slot, and behind them its last four bytes as one more. */
const SLOT_WORDS = INTERNED_WORDS + 1;

/**
 * Gives equal short ASCII texts as one string, so that attribute keys and model names that occur in
 * every span are neither decoded nor kept twice. Bounded: each text has one slot, and the latest
 * text that falls into a slot takes it. What is read never depends on what was read before.
 */
export class InternedText {
  private readonly mask: number;
  private readonly texts: string[];
  /** The texts' bytes, four at a time: comparing byte by byte takes three times as long. */
  private readonly words: Int32Array;

  /** @param slotBits 12 means 4096 slots */
  constructor(slotBits: number) {
    const slots = 1 << slotBits;
    this.mask = slots - 1;
    this.texts = Array.from({ length: slots }, () => "");
    this.words = new Int32Array(slots * SLOT_WORDS);
  }

  /**
   * The text of the bytes in [from, to); `undefined` when they are not valid UTF-8.
   *
   * @param view the same bytes as `bytes`
   */
  read(bytes: Uint8Array, view: DataView, from: number, to: number): string | undefined {
    const length = to - from;
    if (length < WORD_BYTES || length > INTERNED_BYTES) return utf8Text(bytes.subarray(from, to));
    const slot = slotHash(view, from, to) & this.mask;
    const known = this.texts[slot] ?? "";
    if (known.length === length && this.spells(slot, view, from, to)) return known;
    const text = utf8Text(bytes.subarray(from, to));
    // As many code units as bytes: a text of ASCII, of which `known.length` is the length in bytes.
    if (text?.length === length) this.keep(slot, text, view, from);
    return text;
  }

  private spells(slot: number, view: DataView, from: number, to: number): boolean {
    let word = slot * SLOT_WORDS;
    if (this.words[word + INTERNED_WORDS] !== view.getInt32(to - WORD_BYTES, true)) return false;
    for (let at = from; at + WORD_BYTES < to; at += WORD_BYTES) {
      if (this.words[word++] !== view.getInt32(at, true)) return false;
    }
    return true;
  }

  private keep(slot: number, text: string, view: DataView, from: number): void {
    const to = from + text.length;
    let word = slot * SLOT_WORDS;
    this.texts[slot] = text;
    this.words[word + INTERNED_WORDS] = view.getInt32(to - WORD_BYTES, true);
    for (let at = from; at + WORD_BYTES < to; at += WORD_BYTES) {
      this.words[word++] = view.getInt32(at, true);
    }
  }
}

/** Twelve bytes tell keys and names apart well enough. The factors are odd and otherwise arbitrary. */
function slotHash(view: DataView, from: number, to: number): number {
  const last = to - WORD_BYTES;
  const hash =
    Math.imul(view.getInt32(from, true), 0x2c1b3c6d) ^
    Math.imul(view.getInt32((from + last) >>> 1, true), 0x297a2d39) ^
    Math.imul(view.getInt32(last, true) + to - from, 0x1b56c4e9);
  return hash ^ (hash >>> 15);
}
