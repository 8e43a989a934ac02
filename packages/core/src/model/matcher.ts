import { type Labels, labelValue } from "./labels.ts";
import { compilePattern, type Pattern } from "./pattern.ts";
import type { Matcher } from "./reader.ts";

/** Patterns kept by one cache; the least recently used go first. */
const PATTERNS_MAX = 1000;

/**
 * Patterns that were compiled before. It belongs to the object whose queries it serves, so that it
 * is let go with it and never grows past its bound.
 */
export class PatternCache {
  private readonly patterns = new Map<string, Pattern>();

  /**
   * Compiles a label matcher's expression: anchored at both ends, and with the dot matching line
   * breaks, as Prometheus does.
   *
   * @throws InputError of kind `promql`
   */
  pattern(source: string): Pattern {
    const known = this.patterns.get(source);
    const pattern = known ?? compilePattern(source, { anchored: true, dotAll: true });
    if (known) this.patterns.delete(source);
    else if (this.patterns.size >= PATTERNS_MAX) {
      const [oldest] = this.patterns.keys();
      if (oldest !== undefined) this.patterns.delete(oldest);
    }
    this.patterns.set(source, pattern);
    return pattern;
  }
}

/**
 * Turns a matcher into a test of a label's value; an absent label has the value "".
 *
 * @throws InputError of kind `promql` where its regular expression is none
 */
export function compileMatcher(
  { op, value }: Matcher,
  cache: PatternCache = new PatternCache(),
): (value: string) => boolean {
  if (op === "=") return (own) => own === value;
  if (op === "!=") return (own) => own !== value;
  const { matches } = cache.pattern(value);
  return op === "=~" ? matches : (own) => !matches(own);
}

/** Turns matchers into one test of a label set: all of them must hold. */
export function compileMatchers(
  matchers: readonly Matcher[],
  cache: PatternCache = new PatternCache(),
): (of: Labels) => boolean {
  const tests = matchers.map((matcher) => ({
    name: matcher.name,
    holds: compileMatcher(matcher, cache),
  }));
  return (of) => tests.every(({ name, holds }) => holds(labelValue(of, name)));
}
