const ESCAPED = /^U__(?:[^_]|__|_[0-9a-fA-F]{1,6}_)*$/;

/**
 * A label's or metric's name out of the form in which names beyond the classic alphabet travel in
 * paths and headers (Prometheus, "UTF-8 in Prometheus", values escaping): `U__` in front, `__` for
 * an underscore, `_2e_` for the character U+002E. A text that is no such form stays as it is.
 */
export function unescapedName(text: string): string {
  const escaped = text.slice("U__".length);
  const codes = [...escaped.matchAll(CODE)].flatMap(([, hex]) => (hex === undefined ? [] : [hex]));
  if (!ESCAPED.test(text) || !codes.map(parseHex).every(isCharacter)) return text;
  return escaped.replaceAll(CODE, (_all, hex?: string) =>
    hex === undefined ? "_" : String.fromCodePoint(parseHex(hex)),
  );
}

const CODE = /__|_([0-9a-fA-F]+)_/g;

function parseHex(hex: string): number {
  return Number.parseInt(hex, 16);
}

function isCharacter(code: number): boolean {
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}
