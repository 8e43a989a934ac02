import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { formatLabels, keepLabels, labelsToRecord } from "@naruko/core/model/labels";
import type { Labels } from "@naruko/core/model/labels";
import { STALE } from "@naruko/core/model/sample";
import { TRACE_IDS } from "@naruko/core/rules/alert-traces";
import type { AlertView } from "@naruko/core/rules/rule-views";
import { STEP_S } from "./scraped-series.ts";
import type { ScrapedSeries } from "./scraped-series.ts";
import type { Point, RuleRun, Tick } from "./shipped-rules.ts";

/** Ticks at which the annotations of firing alerts are compared although none began or ended. */
const ANNOTATIONS_EVERY = 20;

/**
 * Has promtool evaluate a rule file over series and compare everything with what we say: at each
 * tick the pending and firing alerts with the time since when, and firing alerts with their labels
 * and annotations whenever one begins or ends. Returns its complaints; empty when all is equal.
 */
export function promtoolComplaints(
  ruleFile: string,
  series: readonly ScrapedSeries[],
  ours: RuleRun,
): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-promtool-"));
  try {
    const file = path.join(folder, "tests.json");
    writeFileSync(file, JSON.stringify(testFile(ruleFile, series, ours)));
    const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", file], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    return status === 0
      ? ""
      : `${stdout}${stderr}`.replaceAll(/\n{2,}/g, "\n").slice(0, 4000) || "promtool failed";
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function testFile(ruleFile: string, series: readonly ScrapedSeries[], ours: RuleRun): object {
  const [first, second] = ours.ticks;
  const everyS = (second?.atS ?? STEP_S) - (first?.atS ?? 0);
  const names = new Set(ours.transitions.map(({ labels }) => labelsToRecord(labels)["alertname"]));
  return {
    rule_files: [ruleFile],
    evaluation_interval: `${everyS}s`,
    // Its own order would be that of the names.
    group_eval_order: groupsOf(ruleFile),
    tests: [
      {
        interval: "1s",
        input_series: series.map(inputSeries),
        promql_expr_test: ours.ticks.map(stateTest),
        alert_rule_test: ours.ticks
          .filter((tick, i) => i % ANNOTATIONS_EVERY === 0 || changed(tick, ours.ticks[i - 1]))
          .flatMap((tick) => Array.from(names, (name = "") => alertTest(tick, name))),
      },
    ],
  };
}

function groupsOf(ruleFile: string): readonly string[] {
  const text = readFileSync(ruleFile, "utf8");
  return [...text.matchAll(/^ {2}- name: (\S+)$/gm)].flatMap(([, name]) => name ?? []);
}

/** Values a second, runs of seconds without one as `_xN`. */
function inputSeries({ labels, samples }: ScrapedSeries): object {
  const values: string[] = [];
  let nextS = 0;
  for (const { atS, value } of samples) {
    if (atS > nextS) values.push(`_x${atS - nextS}`);
    values.push(value === STALE ? "stale" : String(value));
    nextS = atS + 1;
  }
  return { series: formatLabels(labels), values: values.join(" ") };
}

function stateTest({ atS, states }: Tick): object {
  return {
    expr: '{__name__=~"ALERTS|ALERTS_FOR_STATE"}',
    eval_time: `${atS}s`,
    exp_samples: states.map(expectedSample),
  };
}

function expectedSample({ labels, value }: Point): object {
  return { labels: formatLabels(labels), value };
}

function changed(tick: Tick, before: Tick | undefined): boolean {
  return firingKeys(tick) !== (before === undefined ? "" : firingKeys(before));
}

function firingKeys({ alerts }: Tick): string {
  return firing(alerts)
    .map(({ labels }) => labels.key)
    .toSorted()
    .join(" ");
}

function firing(alerts: readonly AlertView[]): readonly AlertView[] {
  return alerts.filter(({ state }) => state === "firing");
}

function alertTest({ atS, alerts }: Tick, alertname: string): object {
  return {
    eval_time: `${atS}s`,
    alertname,
    exp_alerts: firing(alerts)
      .filter(({ rule }) => rule === alertname)
      .map(({ labels, annotations }) => ({
        // promtool adds the alert's name by itself.
        exp_labels: withoutName(labels),
        // Of calls, which promtool has none of.
        exp_annotations: labelsToRecord(keepLabels(annotations, (name) => name !== TRACE_IDS)),
      })),
  };
}

function withoutName(labels: Labels): object {
  const { alertname: _, ...rest } = labelsToRecord(labels);
  return rest;
}
