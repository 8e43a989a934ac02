import { compileMatcher, type PatternCache } from "../model/matcher.ts";
import { type Labels, labelValue } from "../model/labels.ts";
import type { Matcher } from "../model/reader.ts";
import { finish, mergedInTurns, sortedInTurns } from "./turns.ts";

/** Selections kept, and ids in all of them; rules ask for the same ones again and again. */
const SELECTIONS_MAX = 1000;
const SELECTED_IDS_MAX = 2_000_000;

/** Ids looked at between two yields: some milliseconds of work. */
const IDS_A_TURN = 4096;

/** What a selection found among the series with ids below `upTo`. */
type Selection = { readonly ids: readonly number[]; readonly upTo: number; counted: number };

/**
 * Finds series by their labels. Ids are given in ascending order and never taken back, so lists only
 * grow at their end, and a reader that knows how many ids there were sees the index as it was then.
 */
export class LabelIndex {
  private readonly all: Labels[] = [];
  private readonly postings = new Map<string, Map<string, number[]>>();
  private readonly strings = new Map<string, string>();
  private readonly selections = new Map<string, Selection>();
  private readonly patterns: PatternCache;
  private selectedIds = 0;

  constructor(patterns: PatternCache) {
    this.patterns = patterns;
  }

  get size(): number {
    return this.all.length;
  }

  /** Adds a series and returns its id: 0, 1, 2 …; its label texts are shared with other series. */
  add(labels: Labels): number {
    const pairs = labels.pairs.map((text) => this.interned(text));
    const id = this.all.push({ pairs, key: labels.key }) - 1;
    for (let i = 0; i < pairs.length; i += 2) {
      const name = pairs[i] ?? "";
      const value = pairs[i + 1] ?? "";
      let byValue = this.postings.get(name);
      if (!byValue) this.postings.set(name, (byValue = new Map()));
      const ids = byValue.get(value);
      if (ids) ids.push(id);
      else byValue.set(value, [id]);
    }
    return id;
  }

  labels(id: number): Labels {
    const labels = this.all[id];
    if (labels === undefined) throw new RangeError(`no series ${id}`);
    return labels;
  }

  /**
   * Ids below `upTo` whose labels fulfil all matchers, in the order of their labels' keys: an order
   * that a restart does not change, because sums of floats depend on it.
   *
   * @throws InputError of kind `promql` where a regular expression is none
   */
  select(matchers: readonly Matcher[], upTo: number): readonly number[] {
    return finish(this.selecting(matchers, upTo));
  }

  /** What `select` finds, where that is known already. */
  selected(matchers: readonly Matcher[], upTo: number): readonly number[] | undefined {
    const name = nameOf(matchers);
    const known = this.selections.get(name);
    if (known?.upTo !== upTo) return undefined;
    this.keep(name, known);
    return known.ids;
  }

  /** `select` in turns; series that are added between them are none of it. */
  *selecting(
    matchers: readonly Matcher[],
    upTo: number,
  ): Generator<undefined, readonly number[], undefined> {
    const name = nameOf(matchers);
    const known = this.selections.get(name) ?? { ids: [], upTo: 0, counted: 0 };
    const { size } = this;
    let selection = known;
    if (known.upTo < size) {
      const found = yield* this.found(matchers, known.upTo, size);
      const ids = yield* mergedInTurns(
        known.ids,
        yield* sortedInTurns(found, this.compare),
        this.compare,
      );
      selection = { ids, upTo: size, counted: 0 };
    }
    // Between the turns somebody else may have asked the same, and about later series.
    if ((this.selections.get(name)?.upTo ?? 0) <= size) this.keep(name, selection);
    return upTo === size ? selection.ids : selection.ids.filter((id) => id < upTo);
  }

  /** Puts a selection last and lets the first ones go, the least recently used, past the bounds. */
  private keep(name: string, selection: Selection): void {
    this.selectedIds -= this.selections.get(name)?.counted ?? 0;
    this.selections.delete(name);
    selection.counted = selection.ids.length;
    this.selectedIds += selection.counted;
    this.selections.set(name, selection);
    for (const [oldest, { counted }] of this.selections) {
      if (this.selections.size <= SELECTIONS_MAX && this.selectedIds <= SELECTED_IDS_MAX) break;
      this.selections.delete(oldest);
      this.selectedIds -= counted;
    }
  }

  private readonly compare = (a: number, b: number): number => {
    const left = this.labels(a).key;
    const right = this.labels(b).key;
    return left < right ? -1 : left > right ? 1 : a - b;
  };

  /** Ids from `from` and below `to` that fulfil all matchers. */
  private *found(
    matchers: readonly Matcher[],
    from: number,
    to: number,
  ): Generator<undefined, readonly number[], undefined> {
    const tests = matchers.map((matcher) => ({
      name: matcher.name,
      holds: remembered(compileMatcher(matcher, this.patterns)),
    }));
    const candidates = this.candidates(matchers, from);
    const count = candidates?.length ?? to - from;
    const ids: number[] = [];
    for (let i = 0; i < count; i++) {
      const id = candidates === undefined ? from + i : (candidates[i] ?? 0);
      if (i % IDS_A_TURN === IDS_A_TURN - 1) yield;
      if (id < from || id >= to) continue;
      const labels = this.labels(id);
      if (tests.every(({ name, holds }) => holds(labelValue(labels, name)))) ids.push(id);
    }
    return ids;
  }

  /**
   * The shortest list that must contain every match; undefined where no matcher names values, as
   * then every series must be asked. The metric's name usually gives it.
   */
  private candidates(matchers: readonly Matcher[], from: number): readonly number[] | undefined {
    // Few series came since the last time: asking each of them is less than walking a list.
    if (from > 0 && this.size - from < 1000) return undefined;
    let best: readonly number[] | undefined;
    for (const matcher of matchers) {
      const values = this.namedValues(matcher);
      if (values === undefined) continue;
      const lists = values.map((value) => this.postings.get(matcher.name)?.get(value) ?? []);
      const length = lists.reduce((sum, list) => sum + list.length, 0);
      if (best === undefined || length < best.length) best = lists.flat();
    }
    return best;
  }

  /** The values that a matcher allows, where it says them and an absent label is not among them. */
  private namedValues({ op, value }: Matcher): readonly string[] | undefined {
    if (op === "=") return value === "" ? undefined : [value];
    const literals = op === "=~" ? this.patterns.pattern(value).literals : undefined;
    return literals === undefined || literals.has("") ? undefined : [...literals];
  }

  private interned(text: string): string {
    const known = this.strings.get(text);
    if (known !== undefined) return known;
    this.strings.set(text, text);
    return text;
  }
}

/** Names by lists of matchers: a rule's is the same list at each tick. */
const names = new WeakMap<readonly Matcher[], string>();

/** Equal for equal lists of matchers and for no others. */
function nameOf(matchers: readonly Matcher[]): string {
  const known = names.get(matchers);
  if (known !== undefined) return known;
  const made = JSON.stringify(matchers.map(({ name, op, value }) => [name, op, value]));
  names.set(matchers, made);
  return made;
}

/** Asks once for each distinct value: a regular expression runs over values, not over series. */
function remembered(holds: (value: string) => boolean): (value: string) => boolean {
  const answers = new Map<string, boolean>();
  return (value) => {
    let answer = answers.get(value);
    if (answer === undefined) answers.set(value, (answer = holds(value)));
    return answer;
  };
}
