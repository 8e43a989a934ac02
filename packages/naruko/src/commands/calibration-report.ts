import { agreementOf, type Estimated, labelCount } from "@naruko/core/judge/calibration";
import { labelsNeeded, type LabelsNeeded } from "@naruko/core/judge/corrected-rate";
import type { JudgeCalibration } from "@naruko/core/model/judge";
import { isoTime } from "../history/output-record.ts";

/** One row as JSON. */
export function calibrationRecord(row: JudgeCalibration, rate: number): object {
  const { judge, rubric, language, at, missing, ...counts } = row;
  const { caught, missed, accused, cleared } = counts;
  return {
    kind: "calibration",
    judge,
    rubric,
    language,
    at: isoTime(at),
    labels: labelCount(counts),
    missing,
    caught,
    missed,
    accused,
    cleared,
    ...agreementOf(counts),
    labelsNeeded: { atRate: rate, ...labelsNeeded(counts, rate) },
  };
}

const HEAD = [
  "rubric",
  "language",
  "bad",
  "good",
  "missing",
  "sensitivity",
  "specificity",
  "kappa",
  "judge",
];

/** The rows for people: a table, and what labels are still to be had. */
export function calibrationText(rows: readonly JudgeCalibration[], rate: number): string {
  if (rows.length === 0) return "";
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const table = cells.map((row) => {
    const padded = row.map((cell, i) => cell.padEnd(widths[i] ?? 0));
    return padded.join("  ").trimEnd();
  });
  return `${[...table, "", ...rows.map((row) => needText(row, rate))].join("\n")}\n`;
}

function cellsOf(row: JudgeCalibration): readonly string[] {
  const { rubric, language, caught, missed, accused, cleared, missing, judge } = row;
  const { sensitivity, specificity, kappa } = agreementOf(row);
  const counts = [caught + missed, accused + cleared, missing].map(String);
  return [rubric, language, ...counts, ...[sensitivity, specificity, kappa].map(shown), judge];
}

function shown(estimated: Estimated | undefined): string {
  if (estimated === undefined) return "no verdicts";
  const [value, low, high] = [estimated.value, estimated.low, estimated.high].map((one) =>
    one.toFixed(2),
  );
  return `${value} (${low} to ${high})`;
}

function needText(row: JudgeCalibration, rate: number): string {
  const { caught, missed, accused, cleared } = row;
  if (caught + missed + accused + cleared === 0)
    return `${row.rubric}, ${row.language}: no verdict, so nothing is known`;
  const needed = labelsNeeded(row, rate);
  return `${row.rubric}, ${row.language}: ${needWords(needed, rate)}`;
}

function needWords(needed: LabelsNeeded, rate: number): string {
  const share = `${Number((rate * 100).toPrecision(3))} %`;
  if (needed.kind === "enough") return `where ${share} of calls are bad, the rate can be corrected`;
  if (needed.kind === "never")
    return "no better than chance: no number of labels corrects its rates";
  const counts = [
    [needed.good, "good"],
    [needed.bad, "bad"],
  ] as const;
  const more = counts
    .filter(([count]) => count > 0)
    .map(([count, kind]) => `${about(count)} more answers labelled ${kind}`);
  return `where ${share} of calls are bad, a correction takes about ${more.join(" and ")}`;
}

/** Two digits: nobody knows it better. */
function about(count: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return (Math.ceil(count / unit) * unit).toLocaleString("en");
}
