import { isCalledOff, type Call } from "../model/call.ts";

/**
 * Whether nothing was answered: no text that anybody can see, and no tool called. Where the output is
 * not in the span, a whole answer of no tokens says it.
 */
export function isEmpty(call: Call): boolean {
  if (call.errorType !== undefined || isCalledOff(call) || call.ending === "raw") return false;
  if (calledTool(call) || !isTextual(call)) return false;
  const output = call.text?.output;
  if (output !== undefined) return isBlank(output);
  return call.usage.outputTokens === 0 && call.finishReasons.includes("stop");
}

function calledTool(call: Call): boolean {
  return (call.facts?.toolCalls?.length ?? 0) > 0 || call.finishReasons.includes("tool_call");
}

/** Pictures and speech are answers without text. */
function isTextual(call: Call): boolean {
  const type = call.facts?.outputType;
  return type === undefined || type === "text" || type === "json";
}

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

function isBlank(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (!INVISIBLE.some(([first, last]) => unit >= first && unit <= last)) return false;
  }
  return true;
}
