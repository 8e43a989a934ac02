import type { Place } from "../model/input-error.ts";
import type { YamlFile, YamlScalar } from "../model/yaml.ts";

/**
 * Where in a file an offset of a scalar's value lies. Quotes, escapes, folded lines and the
 * indentation of block scalars stand between the two, so both are walked side by side.
 */
function placeInScalar(file: YamlFile, scalar: YamlScalar, offset: number): number {
  const source = file.text.slice(scalar.place.from, scalar.place.to);
  const value = scalar.text;
  const first = source[0];
  if (first === "|" || first === ">") return scalar.place.from + alongBlock(source, value, offset);
  return scalar.place.from + alongFlow(source, value, offset);
}

/** Shifts a place inside a scalar's value into the file; a fault at its end is placed on its end. */
export function placeInFile(file: YamlFile, scalar: YamlScalar, within: Place | undefined): Place {
  if (within === undefined) return scalar.place;
  const from = placeInScalar(file, scalar, within.from);
  return { from, to: Math.max(from, placeInScalar(file, scalar, within.to)) };
}

/** Block scalars keep every character of a line after its indentation. */
function alongBlock(source: string, value: string, offset: number): number {
  const body = source.indexOf("\n") + 1;
  return body === 0 ? 0 : walk(source, body, value, offset);
}

function alongFlow(source: string, value: string, offset: number): number {
  const quoted = source.startsWith('"') || source.startsWith("'");
  return walk(source, quoted ? 1 : 0, value, offset);
}

/** Pairs each character of the value with the next place of the source that can have produced it. */
function walk(source: string, start: number, value: string, offset: number): number {
  const escapes = source.startsWith('"');
  let at = start;
  for (let i = 0; i < Math.min(offset, value.length); i++) {
    at = placeOf(source, at, value[i] ?? "", escapes);
    at += escapes && source[at] === "\\" ? escapeLength(source, at) : 1;
  }
  // The character at the offset itself may lie beyond indentation or a fold.
  return offset < value.length ? placeOf(source, at, value[offset] ?? "", escapes) : at;
}

function placeOf(source: string, from: number, char: string, escapes: boolean): number {
  const space = char === " " || char === "\n" || char === "\t";
  for (let at = from; at < source.length; at++) {
    const here = source[at] ?? "";
    if (here === char || (escapes && here === "\\" && source[at + 1] !== "\n")) return at;
    // A folded line break shows as a space in the value.
    if (space && (here === "\n" || here === " ")) return at;
  }
  return Math.min(from, source.length);
}

const ESCAPE_LENGTHS: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

function escapeLength(source: string, at: number): number {
  return ESCAPE_LENGTHS[source[at + 1] ?? ""] ?? 2;
}
