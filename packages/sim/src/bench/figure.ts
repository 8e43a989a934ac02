/** One measured figure over several runs. */
export type Figure = {
  readonly bench: string;
  readonly what: string;
  readonly unit: string;
  /** One a run. */
  readonly values: readonly number[];
  readonly aim?: Aim;
  /** What the same run gave for what it is compared with. */
  readonly beside?: { readonly what: string; readonly values: readonly number[] };
};

/** What a figure is meant to reach, and what it must not miss. */
export type Aim =
  { readonly atMost: number } | { readonly atLeast: number; readonly floor: number };

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The value that this share of the sorted values does not exceed; NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

/** `met`, `missed`, or `floor met` between the two. */
export function verdict({ aim, values }: Figure): string {
  if (aim === undefined) return "";
  const value = median(values);
  if ("atMost" in aim) return value <= aim.atMost ? "met" : "MISSED";
  if (value >= aim.atLeast) return "met";
  return value >= aim.floor ? "MISSED (floor met)" : "MISSED (floor too)";
}

function aimText(aim: Aim | undefined): string {
  if (aim === undefined) return "";
  if ("atMost" in aim) return `≤ ${shown(aim.atMost)}`;
  return `≥ ${shown(aim.atLeast)} (floor ${shown(aim.floor)})`;
}

/** Three digits that matter, thousands apart. */
export function shown(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

function spread(values: readonly number[]): string {
  if (values.length < 2) return shown(median(values));
  return `${shown(median(values))} (${shown(Math.min(...values))}–${shown(Math.max(...values))})`;
}

/** A Markdown table: median, and in brackets least and most. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { bench, what, unit, values, aim, beside } = figure;
    const other = beside === undefined ? "" : `${beside.what}: ${spread(beside.values)}`;
    return [bench, what, unit, spread(values), aimText(aim), verdict(figure), other];
  });
  const head = ["bench", "figure", "unit", "measured", "aim", "verdict", "beside it"];
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(head), rule, ...rows.map(line)].join("\n");
}
