/**
 * A set of code points: what `[a-z]`, `\d` or `\pL` stands for. Membership of one code point is
 * asked of the platform's regular expressions, which know Unicode's categories and simple case
 * folding; on a text of a single code point they cannot backtrack.
 */
export type CharClass = {
  readonly parts: readonly ClassPart[];
  readonly negated: boolean;
  /** 1 at each ASCII code point that is a member. */
  readonly ascii: Uint8Array;
};

type ClassPart = { readonly one: RegExp; readonly negated: boolean };

/** Code points from–to, inclusive, two numbers a range. */
export type Ranges = readonly number[];

const DIGIT: Ranges = [0x30, 0x39];
const UPPER: Ranges = [0x41, 0x5a];
const LOWER: Ranges = [0x61, 0x7a];
const ALPHA: Ranges = [...UPPER, ...LOWER];
const ALNUM: Ranges = [...DIGIT, ...ALPHA];
const WORD: Ranges = [...ALNUM, 0x5f, 0x5f];

/** What `\d`, `\s` and `\w` stand for in RE2: ASCII only, and `\s` without the vertical tab. */
export const PERL_CLASSES: ReadonlyMap<string, Ranges> = new Map<string, Ranges>([
  ["d", DIGIT],
  ["s", [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20]],
  ["w", WORD],
]);

/** The names inside `[[:…:]]`. */
export const POSIX_CLASSES: ReadonlyMap<string, Ranges> = new Map<string, Ranges>([
  ["alnum", ALNUM],
  ["alpha", ALPHA],
  ["ascii", [0x00, 0x7f]],
  ["blank", [0x09, 0x09, 0x20, 0x20]],
  ["cntrl", [0x00, 0x1f, 0x7f, 0x7f]],
  ["digit", DIGIT],
  ["graph", [0x21, 0x7e]],
  ["lower", LOWER],
  ["print", [0x20, 0x7e]],
  ["punct", [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e]],
  ["space", [0x09, 0x0d, 0x20, 0x20]],
  ["upper", UPPER],
  ["word", WORD],
  ["xdigit", [...DIGIT, 0x41, 0x46, 0x61, 0x66]],
]);

/** Whether a code point belongs to a class. */
export function inClass(of: CharClass, code: number): boolean {
  if (code < 128) return of.ascii[code] === 1;
  return isMember(of.parts, of.negated, code);
}

function isMember(parts: readonly ClassPart[], negated: boolean, code: number): boolean {
  const char = String.fromCodePoint(code);
  return parts.some((part) => part.one.test(char) !== part.negated) !== negated;
}

/**
 * Collects the members of one class. Folding applies to each part before that part's own negation,
 * as in RE2: `(?i)[^a]` excludes both cases.
 */
export class ClassBuilder {
  private readonly fold: boolean;
  private readonly parts: ClassPart[] = [];
  private positive = "";

  constructor(fold: boolean) {
    this.fold = fold;
  }

  addRanges(ranges: Ranges, negated = false): void {
    let body = "";
    for (let i = 0; i < ranges.length; i += 2) {
      body += `${escapeCode(ranges[i] ?? 0)}-${escapeCode(ranges[i + 1] ?? 0)}`;
    }
    if (negated) this.parts.push({ one: this.compile(body), negated: true });
    else this.positive += body;
  }

  /** Adds a Unicode category or script; false where there is none of that name. */
  addProperty(name: string, negated: boolean): boolean {
    const body = propertyBody(name);
    if (body === undefined) return false;
    if (negated) this.parts.push({ one: this.compile(body), negated: true });
    else this.positive += body;
    return true;
  }

  build(negated: boolean): CharClass {
    const parts = [...this.parts];
    if (this.positive !== "") parts.push({ one: this.compile(this.positive), negated: false });
    const ascii = new Uint8Array(128);
    for (let code = 0; code < 128; code++) ascii[code] = isMember(parts, negated, code) ? 1 : 0;
    return { parts, negated, ascii };
  }

  private compile(body: string): RegExp {
    return new RegExp(`^[${body}]$`, this.fold ? "iu" : "u");
  }
}

/** Every code point outside the ranges. */
export function allBut(ranges: Ranges): CharClass {
  const builder = new ClassBuilder(false);
  builder.addRanges(ranges);
  return builder.build(true);
}

function escapeCode(code: number): string {
  return `\\u{${code.toString(16)}}`;
}

function propertyBody(name: string): string | undefined {
  if (!/^[A-Za-z_]+$/.test(name)) return undefined;
  if (name === "Any") return "\\u{0}-\\u{10ffff}";
  return [`\\p{gc=${name}}`, `\\p{sc=${name}}`].find(isKnownProperty);
}

function isKnownProperty(body: string): boolean {
  try {
    return new RegExp(body, "u").unicode;
  } catch {
    // The platform's table of names is asked in this way only: an unknown name is its SyntaxError.
    return false;
  }
}
