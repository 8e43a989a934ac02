/** What scraping went through, for `/metrics`. */
export class ScrapeCounts {
  /** Scrapes by what became of them: `ok`, `failed`, `lost` (it could not be committed). */
  readonly scrapes: Map<"ok" | "failed" | "lost", number> = new Map([
    ["ok", 0],
    ["failed", 0],
    ["lost", 0],
  ]);
  readonly leftOut: Map<"duplicate-sample" | "long-exemplar", number> = new Map([
    ["duplicate-sample", 0],
    ["long-exemplar", 0],
  ]);
  /** Times that a file or a name could not be read. */
  discoveryFailures = 0;

  scraped(outcome: "ok" | "failed" | "lost"): void {
    this.scrapes.set(outcome, (this.scrapes.get(outcome) ?? 0) + 1);
  }

  left(reason: "duplicate-sample" | "long-exemplar", count: number): void {
    this.leftOut.set(reason, (this.leftOut.get(reason) ?? 0) + count);
  }
}
