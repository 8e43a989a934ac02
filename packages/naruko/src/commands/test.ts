import { readFileSync } from "node:fs";
import path from "node:path";
import { InputError } from "@naruko/core/model/input-error";
import { parseScenario } from "../scenario/parse-scenario.ts";
import { runScenario } from "../scenario/run-scenario.ts";
import type { CheckResult } from "../scenario/run-scenario.ts";
import { EXIT, Misuse } from "./command.ts";
import type { Command, Values, World } from "./command.ts";

/** `naruko test`: scenarios, each through every driver of the engine. */
export const testCommand: Command = {
  usage: "test FILE…",
  summary: "run .scenario files: what rules and routing do with given telemetry",
  options: {
    json: { type: "boolean", help: "print one JSON object a line" },
  },
  details: `Each scenario runs three times: replayed, by the live driver on a clock of its own, and with a
restart between inputs; all must agree. One check is one "at" line. docs/scenarios.md describes the
language. .test files and promtool's YAML are not run yet.`,
  run: test,
};

async function test(values: Values, positionals: readonly string[], world: World): Promise<number> {
  if (positionals.length === 0) throw new Misuse("test needs at least one FILE");
  for (const file of positionals) refuseOtherKinds(file);
  const report = values["json"] === true ? jsonReport(world) : textReport(world);
  let passed = 0;
  let failed = 0;
  for (const file of positionals) {
    const counts = await testFile(file, world, report);
    passed += counts.passed;
    failed += counts.failed;
  }
  report.summary(passed, failed);
  return failed === 0 ? EXIT.ok : EXIT.finding;
}

function refuseOtherKinds(file: string): void {
  const kind = path.extname(file);
  if (kind === ".scenario") return;
  if (kind === ".test" || kind === ".yml" || kind === ".yaml") {
    throw new Misuse(`${file}: ${kind} files are not run yet, .scenario files are`);
  }
  throw new Misuse(`${file}: expected a .scenario file`);
}

type Report = {
  readonly check: (file: string, result: CheckResult) => void;
  readonly fault: (file: string, message: string) => void;
  readonly file: (file: string, passed: number, failed: number) => void;
  readonly summary: (passed: number, failed: number) => void;
};

type Counts = { readonly passed: number; readonly failed: number };

async function testFile(file: string, world: World, report: Report): Promise<Counts> {
  let passed = 0;
  let failed = 0;
  try {
    const scenario = parseScenario(file, readScenario(file));
    const { checks, faults } = await runScenario(scenario, path.dirname(file), world.environment);
    for (const result of checks) {
      report.check(file, result);
      if (result.failedIn.length === 0) passed++;
      else failed++;
    }
    for (const fault of faults) report.fault(file, fault);
    failed += faults.length;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    report.fault(file, error.message);
    failed++;
  }
  report.file(file, passed, failed);
  return { passed, failed };
}

function readScenario(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError("scenario", `${file}: cannot be read: ${reason}`, undefined, cause);
  }
}

function textReport({ print }: World): Report {
  return {
    check: (file, { line, column, at, expected, actual, failedIn }) => {
      if (failedIn.length === 0) return;
      print(`${file}:${line}:${column}: at ${at}, by ${failedIn.join(", ")}\n`);
      for (const row of difference(expected, actual)) print(`  ${row}\n`);
    },
    fault: (_, message) => print(`${message}\n`),
    file: (file, passed, failed) => print(`${file}: ${passed} passed, ${failed} failed\n`),
    summary: (passed, failed) => print(`${passed} passed, ${failed} failed\n`),
  };
}

function jsonReport({ print }: World): Report {
  const line = (value: object): void => print(`${JSON.stringify(value)}\n`);
  return {
    check: (file, { failedIn, ...result }) => {
      line({ kind: "check", file, ...result, passed: failedIn.length === 0, failedIn });
    },
    fault: (file, message) => line({ kind: "fault", file, message }),
    file: () => undefined,
    summary: (passed, failed) => line({ kind: "summary", passed, failed }),
  };
}

/** Two sorted lists beside each other: `-` was expected and is not there, `+` was not expected. */
export function difference(expected: readonly string[], actual: readonly string[]): string[] {
  const rows: string[] = [];
  const left = [...expected];
  for (const line of actual) {
    const at = left.indexOf(line);
    rows.push(at < 0 ? `+ ${line}` : `  ${line}`);
    if (at >= 0) left.splice(at, 1);
  }
  const missing = left.map((line) => `- ${line}`);
  const all = [...missing, ...rows].toSorted((a, b) => (a.slice(2) < b.slice(2) ? -1 : 1));
  return all.length === 0 ? ["- none"] : all;
}
