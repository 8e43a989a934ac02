import { METRIC_NAME } from "../model/labels.ts";

/** How a format writes series. */
export type SeriesStyle = {
  /** Blanks around tokens, and a comma before the closing brace: the classic text format has both. */
  readonly loose: boolean;
};

type Fail = (offset: number, what: string) => never;

const METRIC = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const BEFORE_QUOTE = /[^"}\n]*/y;
const BLANKS = /[ \t]*/y;

/**
 * Reads a series, `name{label="value"}` or `{"name", label="value"}`, into name, value, name, value …
 *
 * @param fail is told the offset in the text and what is wrong there
 */
export function readSeriesText(text: string, style: SeriesStyle, fail: Fail): readonly string[] {
  return new SeriesText(text, style, fail).read();
}

/**
 * Where the series that begins at an offset ends, without looking at its labels; -1 where the line
 * ends within its braces.
 */
export function seriesEnd(page: string, from: number, style: SeriesStyle): number {
  METRIC.lastIndex = from;
  const nameEnd = METRIC.test(page) ? METRIC.lastIndex : from;
  BLANKS.lastIndex = nameEnd;
  if (style.loose) BLANKS.test(page);
  const brace = style.loose ? BLANKS.lastIndex : nameEnd;
  if (page[brace] !== "{") return nameEnd;
  for (let at = brace + 1; ;) {
    BEFORE_QUOTE.lastIndex = at;
    BEFORE_QUOTE.test(page);
    at = BEFORE_QUOTE.lastIndex;
    if (page[at] === "}") return at + 1;
    at = quotedEnd(page, at);
    if (at === -1) return -1;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LINE_END = 0x0a;

/**
 * Where the quoted text that begins at an offset ends, behind its quote; -1 where there is none. A
 * loop, because a pattern that knows escapes needs room for each of them.
 */
export function quotedEnd(text: string, from: number): number {
  if (text.charCodeAt(from) !== QUOTE) return -1;
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === LINE_END) return -1;
    if (code === BACKSLASH && text.charCodeAt(++at) === LINE_END) return -1;
  }
  return -1;
}

class SeriesText {
  readonly #text: string;
  readonly #loose: boolean;
  readonly #fail: Fail;
  readonly #pairs: string[] = [];
  #at = 0;

  constructor(text: string, { loose }: SeriesStyle, fail: Fail) {
    this.#text = text;
    this.#loose = loose;
    this.#fail = fail;
  }

  read(): readonly string[] {
    const name = this.#match(METRIC);
    if (name !== undefined) this.#pairs.push(METRIC_NAME, name);
    this.#blanks();
    if (this.#text[this.#at] === "{") this.#labels();
    if (!this.#pairs.includes(METRIC_NAME)) this.#fail(0, "expected the name of a metric");
    if (this.#at < this.#text.length) this.#fail(this.#at, "expected the end of the series");
    return this.#pairs;
  }

  #labels(): void {
    for (;;) {
      const opener = this.#text[this.#at];
      this.#at++;
      this.#blanks();
      // `{}` in both formats; `{a="b",}` in the classic one alone.
      if (this.#text[this.#at] === "}" && (opener === "{" || this.#loose)) break;
      this.#label();
      this.#blanks();
      if (this.#text[this.#at] === "}") break;
      if (this.#text[this.#at] !== ",") this.#fail(this.#at, 'expected "," or "}" after a label');
    }
    this.#at++;
  }

  #label(): void {
    const from = this.#at;
    const quoted = this.#quoted();
    const name = quoted ?? this.#match(LABEL);
    if (name === undefined || name === "") this.#fail(from, "expected the name of a label");
    this.#blanks();
    if (this.#text[this.#at] !== "=") {
      if (quoted === undefined) this.#fail(this.#at, `expected "=" after the label ${name}`);
      return this.#push(METRIC_NAME, quoted, from);
    }
    this.#at++;
    this.#blanks();
    const value = this.#quoted();
    if (value === undefined) this.#fail(this.#at, `expected the value of ${name} in quotes`);
    this.#push(name, value, from);
  }

  #push(name: string, value: string, from: number): void {
    for (let i = 0; i < this.#pairs.length; i += 2) {
      if (this.#pairs[i] !== name) continue;
      const what = name === METRIC_NAME ? "the name of the metric" : `the label ${name}`;
      this.#fail(from, `${what} is there twice`);
    }
    this.#pairs.push(name, value);
  }

  #quoted(): string | undefined {
    const end = quotedEnd(this.#text, this.#at);
    if (end === -1) return undefined;
    const inside = this.#text.slice(this.#at + 1, end - 1);
    this.#at = end;
    return unescaped(inside);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #blanks(): void {
    if (this.#loose) this.#match(BLANKS);
  }
}

/** Other escapes stay as written, as in Prometheus. */
export function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replaceAll(/\\([\\"n])/g, (_, char: string) => (char === "n" ? "\n" : char));
}
