/**
 * Code units that show nothing, first and last of each range: controls and blanks, soft hyphen,
 * combining grapheme joiner, fillers of Hangul, marks of zero width and of direction, the blank of
 * Braille, and selectors of variation.
 */
const INVISIBLE: readonly (readonly [number, number])[] = [
  [0x00, 0x20],
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x17b4, 0x17b5],
  [0x180b, 0x180e],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
];

/** Whether a text has nothing that anybody can see. */
export function isBlank(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (!INVISIBLE.some(([first, last]) => unit >= first && unit <= last)) return false;
  }
  return true;
}
