import { lineAndColumn, type Place } from "../model/input-error.ts";

/** Something about a result that its reader should know; the result stands nevertheless. */
export type Annotation = {
  readonly level: "warning" | "info";
  readonly message: string;
  /** The part of the expression that it is about. */
  readonly place: Place;
};

/** Kept of one evaluation; a query over many metrics would otherwise say the same of each. */
const ANNOTATIONS_MAX = 100;

/** Collects annotations, each once. */
export class Annotations {
  private readonly found = new Map<string, Annotation>();
  private leftOut = 0;

  add(level: Annotation["level"], message: string, place: Place): void {
    const key = `${level} ${place.from} ${place.to} ${message}`;
    if (this.found.has(key)) return;
    if (this.found.size >= ANNOTATIONS_MAX) this.leftOut++;
    else this.found.set(key, { level, message, place });
  }

  list(): Annotation[] {
    const all = [...this.found.values()];
    const [first] = all;
    if (this.leftOut === 0 || first === undefined) return all;
    const message = `${this.leftOut} more annotations were left out`;
    return [...all, { level: "info", message, place: first.place }];
  }
}

/** Writes an annotation as Prometheus' API does, with line and column. */
export function formatAnnotation({ level, message, place }: Annotation, text: string): string {
  const { line, column } = lineAndColumn(text, place.from);
  return `PromQL ${level}: ${message} (${line}:${column})`;
}
