import { InputError } from "../model/input-error.ts";

/** Packs byte sections into one array: their count, their lengths, then their bytes. */
export function packSections(sections: readonly Uint8Array[]): Uint8Array {
  const head = 4 * (1 + sections.length);
  const packed = new Uint8Array(sections.reduce((sum, one) => sum + one.length, head));
  const view = new DataView(packed.buffer);
  view.setUint32(0, sections.length, true);
  let at = head;
  for (const [i, section] of sections.entries()) {
    view.setUint32(4 * (i + 1), section.length, true);
    packed.set(section, at);
    at += section.length;
  }
  return packed;
}

/** The sections again; refuses bytes that are no packed sections. */
export function unpackSections(packed: Uint8Array): Uint8Array[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const count = packed.length < 4 ? 0 : view.getUint32(0, true);
  let at = 4 * (1 + count);
  if (at > packed.length) throw new InputError("snapshot", "the snapshot's head is cut off");
  const sections: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const end = at + view.getUint32(4 * (i + 1), true);
    if (end > packed.length) throw new InputError("snapshot", `section ${i} is cut off`);
    // A copy, because a section may be read as numbers, which must lie on a multiple of their size.
    sections.push(packed.slice(at, end));
    at = end;
  }
  return sections;
}

/** Numbers as bytes, in this machine's order. */
export function bytesOf(numbers: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** Bytes of `bytesOf` as 32-bit words again. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  if (bytes.length % 4 !== 0) throw new InputError("snapshot", "a section is cut off");
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** Bytes of `bytesOf` as 64-bit numbers again. */
export function numbersOf(bytes: Uint8Array): Float64Array {
  if (bytes.length % 8 !== 0) throw new InputError("snapshot", "a section is cut off");
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
}
