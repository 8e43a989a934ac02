import { InputError } from "../../model/input-error.ts";

/** Bytes of a length's varint: it has 32 bits. */
const LENGTH_BYTES = 5;
/** A literal of up to this many bytes says its length in its tag. */
const SHORT_LITERAL = 60;

/** A length up to which a short copy is faster byte by byte than through a call. */
const SHORT_COPY = 32;

/**
 * The length that a block of snappy says it will have, before anything of it is decompressed;
 * `undefined` where it says none.
 */
export function snappyLength(block: Uint8Array): number | undefined {
  return headOf(block)?.length;
}

/** The length that is declared, and where the elements begin. */
function headOf(block: Uint8Array): { readonly length: number; readonly at: number } | undefined {
  let length = 0;
  for (let i = 0; i < LENGTH_BYTES; i++) {
    const byte = block[i];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    return length < 2 ** 32 ? { length, at: i + 1 } : undefined;
  }
  return undefined;
}

/**
 * Decompresses a block of snappy (google/snappy, "Snappy compressed format description"; not the
 * framed format). Never writes more than the length that it declares, so a caller that has looked at
 * `snappyLength` knows what this takes.
 *
 * @throws InputError of kind `remote-write` where it is none
 */
export function snappyDecompressed(block: Uint8Array): Uint8Array {
  const head = headOf(block);
  if (head === undefined) throw refused("it does not begin with a length");
  const output = new Uint8Array(head.length);
  let { at } = head;
  let end = 0;
  while (at < block.length) {
    const tag = block[at++] ?? 0;
    const kind = tag & 3;
    // Literals and the longer copies have a number of this many bytes behind their tag.
    const extra = kind === 0 ? literalBytes(tag) : kind === 3 ? 4 : kind;
    if (at + extra > block.length) throw refused(`byte ${at}: an element ends too early`);
    let number = 0;
    for (let i = extra - 1; i >= 0; i--) number = number * 256 + (block[at + i] ?? 0);
    at += extra;
    if (kind === 0) {
      const length = 1 + (extra === 0 ? tag >>> 2 : number);
      const fits = length <= block.length - at && length <= output.length - end;
      if (!fits) throw refused(`byte ${at}: a literal of ${length} bytes does not fit`);
      output.set(block.subarray(at, at + length), end);
      at += length;
      end += length;
      continue;
    }
    const length = kind === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2);
    const offset = kind === 1 ? (tag >>> 5) * 256 + number : number;
    if (offset === 0 || offset > end || length > output.length - end) {
      throw refused(`byte ${at}: a copy of ${length} bytes from ${offset} before does not fit`);
    }
    copy(output, end, offset, length);
    end += length;
  }
  if (end !== output.length)
    throw refused(`${output.length} bytes were declared, ${end} are there`);
  return output;
}

function literalBytes(tag: number): number {
  const upper = tag >>> 2;
  return upper < SHORT_LITERAL ? 0 : upper - SHORT_LITERAL + 1;
}

/** A copy may overlap what it writes: it repeats then. */
function copy(output: Uint8Array, to: number, offset: number, length: number): void {
  if (offset >= length && length > SHORT_COPY) {
    output.copyWithin(to, to - offset, to - offset + length);
    return;
  }
  for (let i = to; i < to + length; i++) output[i] = output[i - offset] ?? 0;
}

function refused(what: string): InputError {
  return new InputError("remote-write", `the body is no block of snappy: ${what}`);
}
