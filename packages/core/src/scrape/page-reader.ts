import { labelsFrom } from "../model/labels.ts";
import type { Labels } from "../model/labels.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import { textStart } from "../model/text.ts";
import { expositionError } from "./exposition.ts";
import { readFloat } from "./float-text.ts";
import type { SeriesMemo } from "./series-memo.ts";
import { readSeriesText, seriesEnd, type SeriesStyle } from "./series-text.ts";

const WORD = /[^ \t\n]+/y;
const BLANKS = /[ \t]+/y;

/** Reads a page of a text format token by token; what is wrong is refused with line and column. */
export class PageReader {
  readonly page: string;
  at = 0;
  readonly #style: SeriesStyle;
  readonly #memo: SeriesMemo;

  constructor(page: string, style: SeriesStyle, memo: SeriesMemo) {
    this.page = page;
    this.#style = style;
    this.#memo = memo;
  }

  get ended(): boolean {
    return this.at >= this.page.length;
  }

  /** The character that is next; empty at the end. */
  peek(): string {
    return this.page[this.at] ?? "";
  }

  fail(what: string, at: number = this.at): never {
    throw expositionError(this.page, at, what);
  }

  /** Passes over what separates two tokens: one space, or in the loose style any blanks. */
  gap(before: string): void {
    if (this.#style.loose) {
      if (this.match(BLANKS) !== undefined) return;
    } else if (this.peek() === " ") {
      this.at++;
      return;
    }
    this.fail(`expected a space and ${before}`);
  }

  /** Passes over blanks, if there are any. */
  blanks(): void {
    this.match(BLANKS);
  }

  word(what: string): string {
    return this.match(WORD) ?? this.fail(`expected ${what}`);
  }

  number(what: string): number {
    const from = this.at;
    const word = this.word(what);
    return readFloat(word) ?? this.fail(`expected ${what}, not "${word.slice(0, 40)}"`, from);
  }

  /** @param finish what is done to a series before it is remembered by its text */
  series(finish: (pairs: readonly string[]) => readonly string[]): readonly string[] {
    const from = this.at;
    const end = seriesEnd(this.page, from, this.#style);
    const to = end === -1 ? this.lineEnd() : end;
    const slice = this.page.slice(from, to);
    this.at = to;
    const known = this.#memo.find(slice);
    if (known !== undefined) return known;
    // The parts of a copy keep that copy in memory; the parts of the page would keep the page.
    const text = textStart(slice, slice.length);
    const pairs = finish(
      readSeriesText(text, this.#style, (offset, what) => this.fail(what, from + offset)),
    );
    this.#memo.keep(text, pairs);
    return pairs;
  }

  /** A set of labels without a name: an exemplar's. */
  labels(): Labels {
    const from = this.at;
    const end = this.peek() === "{" ? seriesEnd(this.page, from, this.#style) : from;
    if (end <= from) this.fail("expected the labels of an exemplar in braces");
    // A name stands before them for the reading only.
    const text = `x${this.page.slice(from, end)}`;
    const pairs = readSeriesText(text, this.#style, (offset, what) =>
      this.fail(what, from + offset - 1),
    );
    this.at = end;
    const entries: (readonly [string, string])[] = [];
    for (let i = 2; i < pairs.length; i += 2) entries.push([pairs[i] ?? "", pairs[i + 1] ?? ""]);
    return labelsFrom(entries);
  }

  /** The rest of the line, without its end. */
  rest(): string {
    const to = this.lineEnd();
    const text = this.page.slice(this.at, to);
    this.at = to;
    return text;
  }

  endLine(): void {
    if (this.peek() !== "\n") this.fail("expected the end of the line");
    this.at++;
  }

  lineEnd(): number {
    const end = this.page.indexOf("\n", this.at);
    return end === -1 ? this.page.length : end;
  }

  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.page)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
}

/** What is told of families, in the order in which they first appear. */
export class FamilyBook {
  readonly #families = new Map<
    string,
    { -readonly [K in keyof MetricMetadata]: MetricMetadata[K] }
  >();

  /** @param name may be a slice of a page; what is kept is a copy */
  tell(name: string, what: Partial<Omit<MetricMetadata, "name">>): void {
    let family = this.#families.get(name);
    if (family === undefined) {
      const own = textStart(name, name.length);
      family = { name: own, type: "unknown", help: "", unit: "" };
      this.#families.set(own, family);
    }
    Object.assign(family, what);
  }

  typeOf(name: string): MetricMetadata["type"] {
    return this.#families.get(name)?.type ?? "unknown";
  }

  all(): readonly MetricMetadata[] {
    return [...this.#families.values()];
  }
}
