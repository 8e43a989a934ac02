import { InputError } from "../model/input-error.ts";
import {
  formatLabels,
  keepLabels,
  type Labels,
  labelEntries,
  labelValue,
  METRIC_NAME,
  withLabels,
  labelsFrom,
} from "../model/labels.ts";
import { compileMatcher } from "../model/matcher.ts";
import { SECOND_MS } from "../model/time.ts";
import type { Call } from "./ast.ts";
import { cellValue, type Grid, gridLike, refuseDuplicates, setCell } from "./grid.ts";
import { infoMatchers, nameMatchers } from "./info-selector.ts";
import type { Run, Work } from "./run.ts";

/** The labels by which a series finds its info series. */
const IDENTIFYING: readonly string[] = ["instance", "job"];

/**
 * `info`: the series of a vector with the labels that info metrics have about them.
 *
 * @param info the info metrics' series; its values are the times of their samples in seconds
 */
export function* withInfoLabels(call: Call, base: Grid, info: Grid, run: Run): Work<Grid> {
  const join = new InfoJoin(call, base, info);
  const { steps } = base;
  const cells: Cell[] = [];
  for (let row = 0; row < base.rows.length; row++) {
    for (let step = 0; step < steps; step++) {
      const cell = row * steps + step;
      if (base.present[cell] !== 1) continue;
      const labels = join.labelsAt(row, step);
      if (labels !== undefined) cells.push({ labels, row, step });
    }
    if (run.budget.pause(steps)) yield;
  }
  return gridOf(cells, base, call);
}

/** Which labels a row of the input has at a step. */
type Cell = { readonly labels: Labels; readonly row: number; readonly step: number };

function gridOf(cells: readonly Cell[], base: Grid, call: Call): Grid {
  const rows: Labels[] = [];
  const drops: boolean[] = [];
  const rowOf = new Map<string, number>();
  for (const { labels, row } of cells) {
    if (rowOf.has(labels.key)) continue;
    rowOf.set(labels.key, rows.length);
    rows.push(labels);
    drops.push(base.dropsName[row] ?? false);
  }
  const out = gridLike(base, rows, drops);
  for (const { labels, row, step } of cells) {
    const to = (rowOf.get(labels.key) ?? 0) * base.steps + step;
    if (out.present[to] === 1) refuseDuplicates(call.place);
    setCell(out, to, cellValue(base, row * base.steps + step));
  }
  return out;
}

class InfoJoin {
  private readonly call: Call;
  private readonly base: Grid;
  private readonly info: Grid;
  /** Rows of info metrics by metric name and identifying labels. */
  private readonly rowsBySignature = new Map<string, number[]>();
  private readonly metrics: readonly string[];
  /** The labels that are wanted; empty: all. */
  private readonly wanted: ReadonlySet<string>;
  /** Whether a series may stay as it is where no info series belongs to it. */
  private readonly mayLack: boolean;
  private readonly isInfo: (name: string) => boolean;
  private readonly joined = new Map<string, Labels>();

  constructor(call: Call, base: Grid, info: Grid) {
    this.call = call;
    this.base = base;
    this.info = info;
    const matchers = infoMatchers(call);
    const data = matchers.filter(({ name }) => name !== METRIC_NAME);
    this.wanted = new Set(data.map(({ name }) => name));
    this.mayLack = data.every((matcher) => compileMatcher(matcher)(""));
    const names = nameMatchers(matchers.filter(({ name }) => name === METRIC_NAME));
    const compiled = names.map((matcher) => compileMatcher(matcher));
    this.isInfo = (name) => compiled.every((matches) => matches(name));
    this.metrics = this.groupInfoRows();
  }

  /** The labels of a row of the input at a step; `undefined` where it is left out. */
  labelsAt(row: number, step: number): Labels | undefined {
    const labels = this.base.rows[row];
    if (labels === undefined || this.isInfo(labelValue(labels, METRIC_NAME))) return labels;
    const found = this.metrics
      .map((metric) => this.newestAt(signature(metric, labels), step))
      .filter((one) => one !== undefined);
    if (found.length === 0) return this.mayLack ? labels : undefined;
    const key = `${row} ${found.join(" ")}`;
    const known = this.joined.get(key);
    if (known !== undefined) return known;
    const joined = this.join(labels, found);
    this.joined.set(key, joined);
    return joined;
  }

  /** Groups the rows that any series of the input could belong to, and returns the metrics' names. */
  private groupInfoRows(): readonly string[] {
    const metrics = new Set<string>();
    const values = IDENTIFYING.map((label) => ({ label, known: this.valuesOf(label) }));
    const asked = values.filter(({ known }) => known.size > 0);
    if (asked.length === 0) return [];
    for (const [row, labels] of this.info.rows.entries()) {
      if (!asked.every(({ label, known }) => known.has(labelValue(labels, label)))) continue;
      const metric = labelValue(labels, METRIC_NAME);
      metrics.add(metric);
      const key = signature(metric, labels);
      const rows = this.rowsBySignature.get(key);
      if (rows === undefined) this.rowsBySignature.set(key, [row]);
      else rows.push(row);
    }
    return [...metrics].toSorted();
  }

  private valuesOf(label: string): ReadonlySet<string> {
    const values = new Set<string>();
    for (const labels of this.base.rows) {
      if (!this.isInfo(labelValue(labels, METRIC_NAME))) values.add(labelValue(labels, label));
    }
    values.delete("");
    return values;
  }

  /** The row of the info series of a signature whose sample is the newest. */
  private newestAt(key: string, step: number): number | undefined {
    const { steps, present, values, rows } = this.info;
    let newest: number | undefined;
    let newestAt = -Infinity;
    for (const row of this.rowsBySignature.get(key) ?? []) {
      const cell = row * steps + step;
      if (present[cell] !== 1) continue;
      const at = values[cell] ?? NaN;
      if (at === newestAt && newest !== undefined) {
        this.refuseTwins([rows[newest], rows[row]], Math.round(at * SECOND_MS));
      }
      if (at <= newestAt) continue;
      newest = row;
      newestAt = at;
    }
    return newest;
  }

  private refuseTwins(twins: readonly (Labels | undefined)[], atMs: number): never {
    const [existing = "", added = ""] = twins.map((labels) => labels && formatLabels(labels));
    const what = `existing ${existing} @ ${atMs}, new ${added} @ ${atMs}`;
    const message = `found duplicate series for info metric: ${what}`;
    throw new InputError("promql", message, this.call.place);
  }

  /** The labels of the input win; info metrics that contradict each other are refused. */
  private join(labels: Labels, infoRows: readonly number[]): Labels {
    const added = new Map<string, string>();
    for (const row of infoRows) {
      const info = this.info.rows[row];
      for (const [name, value] of info === undefined ? [] : labelEntries(info)) {
        if (name === METRIC_NAME || (this.wanted.size > 0 && !this.wanted.has(name))) continue;
        if ((added.get(name) ?? value) !== value) {
          throw new InputError("promql", `conflicting label: ${name}`, this.call.place);
        }
        if (labelValue(labels, name) === "") added.set(name, value);
      }
    }
    return withLabels(labels, labelsFrom(added));
  }
}

function signature(metric: string, labels: Labels): string {
  return metric + keepLabels(labels, (name) => IDENTIFYING.includes(name)).key;
}
