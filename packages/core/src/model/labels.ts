/**
 * The labels of one series: name → value, sorted by name (in code unit order, as Prometheus sorts
 * bytes), without empty values (an empty label is an absent one). Values are immutable and compare
 * by `key`.
 */
export type Labels = {
  /** Name, value, name, value …, sorted by name. */
  readonly pairs: readonly string[];
  /** Equal for equal label sets and for no others: safe as a Map key. */
  readonly key: string;
};

/** The label that holds a series' metric name. */
export const METRIC_NAME = "__name__";

// Neither character is valid UTF-8, hence neither can come from the wire as part of a label.
const PAIR_END = "\udfff";
const NAME_END = "\udffe";

function fromSortedPairs(pairs: readonly string[]): Labels {
  const parts: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    parts.push(pairs[i] ?? "", NAME_END, pairs[i + 1] ?? "", PAIR_END);
  }
  // Text that is added up stays a tree, which the first Map to look for it has to flatten.
  return { pairs, key: parts.join("") };
}

export const NO_LABELS: Labels = fromSortedPairs([]);

/** Builds labels from entries in any order; empty values are left out, of equal names the last wins. */
export function labelsFrom(entries: Iterable<readonly [string, string]>): Labels {
  const byName = new Map<string, string>();
  for (const [name, value] of entries) byName.set(name, value);
  const names = [...byName.keys()].filter((name) => byName.get(name) !== "").toSorted();
  return fromSortedPairs(names.flatMap((name) => [name, byName.get(name) ?? ""]));
}

/**
 * Builds labels from name, value, name, value … and keeps the list. The caller vouches that names
 * ascend and that no value is empty, as in most of what Prometheus sends.
 */
export function sortedLabels(pairs: readonly string[]): Labels {
  return fromSortedPairs(pairs);
}

/** Builds labels from an object; `{ __name__: "up", job: "api" }`. */
export function labels(record: Readonly<Record<string, string>>): Labels {
  return labelsFrom(Object.entries(record));
}

/** The value of a label; the empty string where it is absent, as in Prometheus. */
export function labelValue(of: Labels, name: string): string {
  const { pairs } = of;
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1] ?? "";
  return "";
}

/** Walks name and value in order. */
export function* labelEntries(of: Labels): Generator<readonly [string, string]> {
  const { pairs } = of;
  for (let i = 0; i < pairs.length; i += 2) yield [pairs[i] ?? "", pairs[i + 1] ?? ""];
}

/** The same labels with one set, replaced, or (by an empty value) removed. */
export function withLabel(of: Labels, name: string, value: string): Labels {
  if (labelValue(of, name) === value) return of;
  return labelsFrom([...labelEntries(of), [name, value]]);
}

/** The same labels with several set; on equal names `extra` wins. */
export function withLabels(of: Labels, extra: Labels): Labels {
  if (extra.pairs.length === 0) return of;
  return labelsFrom([...labelEntries(of), ...labelEntries(extra)]);
}

/** Only the labels whose name passes. */
export function keepLabels(of: Labels, keep: (name: string) => boolean): Labels {
  const pairs: string[] = [];
  for (let i = 0; i < of.pairs.length; i += 2) {
    const name = of.pairs[i] ?? "";
    if (keep(name)) pairs.push(name, of.pairs[i + 1] ?? "");
  }
  return pairs.length === of.pairs.length ? of : fromSortedPairs(pairs);
}

/** A plain object, for JSON. Has no prototype, so that a label called `__proto__` is just a label. */
export function labelsToRecord(of: Labels): Record<string, string> {
  const record = Object.create(null) as Record<string, string>;
  for (const [name, value] of labelEntries(of)) record[name] = value;
  return record;
}

/** Prometheus' order of label sets: by name, then value, pair by pair; a prefix comes first. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.pairs.length, b.pairs.length);
  for (let i = 0; i < length; i++) {
    const left = a.pairs[i] ?? "";
    const right = b.pairs[i] ?? "";
    if (left !== right) return left < right ? -1 : 1;
  }
  return a.pairs.length - b.pairs.length;
}

const LEGACY_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Writes labels as Prometheus does: `up{job="api"}`; names outside the classic alphabet are quoted. */
export function formatLabels(of: Labels): string {
  const name = labelValue(of, METRIC_NAME);
  const plainName = name !== "" && LEGACY_NAME.test(name);
  const inside: string[] = name === "" || plainName ? [] : [JSON.stringify(name)];
  for (const [label, value] of labelEntries(of)) {
    if (label === METRIC_NAME) continue;
    const shown = LEGACY_NAME.test(label) ? label : JSON.stringify(label);
    inside.push(`${shown}=${JSON.stringify(value)}`);
  }
  if (plainName) return inside.length === 0 ? name : `${name}{${inside.join(", ")}}`;
  return `{${inside.join(", ")}}`;
}
