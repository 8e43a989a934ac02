import { Engine } from "@naruko/core/engine/engine";
import { formatDuration } from "@naruko/core/model/duration";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Environment } from "../config/environment.ts";
import { engineYaml } from "../config/setup.ts";
import { alertRecord, notificationRecord } from "../history/output-record.ts";
import { liveDriver } from "./live-driver.ts";
import { replayDriver, restartDriver } from "./drivers.ts";
import type { Driver, Prepared, Run } from "./drivers.ts";
import { observe } from "./observe.ts";
import { scenarioSetup } from "./scenario-setup.ts";
import type { Check, Scenario } from "./scenario.ts";
import { startOf } from "./timeline.ts";

/** What one `at` came to. */
export type CheckResult = {
  readonly line: number;
  readonly column: number;
  /** As in the file: `4m30s`. */
  readonly at: string;
  /** Sorted. */
  readonly expected: readonly string[];
  /** What was there: of the first driver that did not agree, else what all of them saw. */
  readonly actual: readonly string[];
  /** The drivers that saw something else than expected; empty when it passed. */
  readonly failedIn: readonly string[];
};

export type ScenarioResult = {
  readonly name: string;
  readonly checks: readonly CheckResult[];
  /** Beyond single checks: samples that were not taken, drivers that do not agree. */
  readonly faults: readonly string[];
};

/** Every way in which a scenario is run. */
export const DRIVERS: readonly Driver[] = [replayDriver, liveDriver, restartDriver];

/**
 * Runs a scenario by every driver and compares what is there at its checks.
 *
 * @param folder where the files that it names are
 * @throws InputError when one of these is refused
 */
export async function runScenario(
  scenario: Scenario,
  folder: string,
  environment: Environment,
): Promise<ScenarioResult> {
  const setup = scenarioSetup(scenario, folder);
  const options = {
    intervalMs: scenario.intervalMs,
    limits: DEFAULT_LIMITS,
    parseYaml: engineYaml(environment),
  };
  new Engine(options).prepare(setup);
  const prepared: Prepared = { scenario, setup, options };
  const runs = new Map<string, Run>();
  for (const driver of DRIVERS) runs.set(driver.name, await driver.run(prepared));
  return {
    name: scenario.name,
    checks: scenario.checks.map((check, i) =>
      checkResult(scenario, check, scenario.checks[i - 1], runs),
    ),
    faults: [...refusals(scenario, runs), ...disagreements(scenario, runs)],
  };
}

function checkResult(
  scenario: Scenario,
  check: Check,
  before: Check | undefined,
  runs: ReadonlyMap<string, Run>,
): CheckResult {
  const start = startOf(scenario);
  const since = before === undefined ? -Infinity : start + before.atMs;
  const { expected, atMs, position } = check;
  const seen = Array.from(runs, ([name, run]) => {
    const actual = observe(run, start + atMs, since);
    return { name, actual, agrees: actual.join("\n") === expected.join("\n") };
  });
  const failed = seen.filter(({ agrees }) => !agrees);
  return {
    ...position,
    at: formatDuration(atMs),
    expected,
    actual: failed[0]?.actual ?? expected,
    failedIn: failed.map(({ name }) => name),
  };
}

/** A sample that was left out would make a check pass, or fail, for the wrong reason. */
function refusals({ name }: Scenario, runs: ReadonlyMap<string, Run>): string[] {
  const [first] = runs.values();
  return Array.from(
    first?.refused ?? [],
    ([reason, count]) => `${name}: ${count} of the scenario's samples or calls: ${reason}`,
  );
}

/** The first thing that a driver tells otherwise than the first one, checked or not. */
function disagreements({ name }: Scenario, runs: ReadonlyMap<string, Run>): string[] {
  const [[reference, first] = [], ...others] = runs;
  if (first === undefined) return [];
  const told = linesOf(first);
  return others.flatMap(([other, run]) => {
    const lines = linesOf(run);
    const at = told.findIndex((line, i) => line !== lines[i]);
    if (at < 0 && lines.length === told.length) return [];
    const index = at < 0 ? told.length : at;
    const ours = told[index] ?? "nothing more";
    return [
      `${name}: ${reference} and ${other} differ: ${ours} | ${lines[index] ?? "nothing more"}`,
    ];
  });
}

function linesOf({ transitions, deliveries }: Run): readonly string[] {
  const records = [...transitions.map(alertRecord), ...deliveries.map(notificationRecord)];
  return records.map((record) => JSON.stringify(record));
}
