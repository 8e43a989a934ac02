import { formatFloat } from "../model/go-float.ts";
import { lineAndColumn, type Place } from "../model/input-error.ts";
import type { LiftedBuckets } from "./buckets.ts";
import { rfc3339 } from "./calendar.ts";

/** Something about a result that its reader should know; the result stands nevertheless. */
export type Annotation = {
  readonly level: "warning" | "info";
  readonly message: string;
  /** The part of the expression that it is about. */
  readonly place: Place;
};

/** Kept of one evaluation; a query over many metrics would otherwise say the same of each. */
const ANNOTATIONS_MAX = 100;

/** All histograms that one annotation tells of: how many, when, and what was lifted in them. */
type Lifted = LiftedBuckets & {
  readonly from: number;
  readonly to: number;
  readonly times: number;
};

/** Collects annotations, each once. */
export class Annotations {
  private readonly found = new Map<string, Annotation>();
  private readonly lifted = new Map<Annotation, Lifted>();
  private leftOut = 0;

  /** Returns the annotation that is kept, `undefined` where there are too many. */
  add(level: Annotation["level"], message: string, place: Place): Annotation | undefined {
    const key = `${level} ${place.from} ${place.to} ${message}`;
    const known = this.found.get(key);
    if (known !== undefined) return known;
    if (this.found.size >= ANNOTATIONS_MAX) {
      this.leftOut++;
      return undefined;
    }
    const added = { level, message, place };
    this.found.set(key, added);
    return added;
  }

  /** An information about histograms at a time, milliseconds, whose buckets had to be lifted. */
  addLifted(message: string, place: Place, buckets: LiftedBuckets, at: number): void {
    const about = this.add("info", message, place);
    if (about === undefined) return;
    const known = this.lifted.get(about);
    this.lifted.set(about, {
      lowest: Math.min(known?.lowest ?? Infinity, buckets.lowest),
      highest: Math.max(known?.highest ?? -Infinity, buckets.highest),
      greatestDifference: Math.max(known?.greatestDifference ?? 0, buckets.greatestDifference),
      from: Math.min(known?.from ?? at, at),
      to: Math.max(known?.to ?? at, at),
      times: (known?.times ?? 0) + 1,
    });
  }

  list(): Annotation[] {
    if (this.found.size === 0) return [];
    const all = Array.from(this.found.values(), (annotation) => {
      const lifted = this.lifted.get(annotation);
      if (lifted === undefined) return annotation;
      return { ...annotation, message: `${annotation.message}, ${formatLifted(lifted)}` };
    });
    const [first] = all;
    if (this.leftOut === 0 || first === undefined) return all;
    const message = `${this.leftOut} more annotations were left out`;
    return [...all, { level: "info", message, place: first.place }];
  }
}

function formatLifted({ lowest, highest, greatestDifference, from, to, times }: Lifted): string {
  const bounds = `${formatFloat(lowest, "g", -1)} to ${formatFloat(highest, "g", -1)}`;
  const difference = formatFloat(greatestDifference, "g", 2);
  const when = `from ${rfc3339(from)} to ${rfc3339(to)}`;
  return `from buckets ${bounds}, with a max diff of ${difference}, over ${times} samples ${when}`;
}

/** Writes an annotation as Prometheus' API does, with line and column. */
export function formatAnnotation({ level, message, place }: Annotation, text: string): string {
  const { line, column } = lineAndColumn(text, place.from);
  return `PromQL ${level}: ${message} (${line}:${column})`;
}
