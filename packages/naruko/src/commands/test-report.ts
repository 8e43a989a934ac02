import type { World } from "./command.ts";

/** One check of a test file and what became of it. */
export type TestCheck = {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** What was checked, and why it failed, in one line for people. */
  readonly title: string;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
  readonly passed: boolean;
  /** What JSON shows beside the above. */
  readonly details: Readonly<Record<string, unknown>>;
};

export type Report = {
  readonly check: (file: string, check: TestCheck) => void;
  readonly fault: (file: string, message: string) => void;
  readonly file: (file: string, passed: number, failed: number) => void;
  readonly summary: (passed: number, failed: number) => void;
};

/** For people: what failed, and counts. */
export function textReport({ print }: World): Report {
  return {
    check: (file, { line, column, title, expected, actual, passed }) => {
      if (passed) return;
      print(`${file}:${line}:${column}: ${title}\n`);
      for (const row of difference(expected, actual)) print(`  ${row}\n`);
    },
    fault: (_, message) => print(`${message}\n`),
    file: (file, passed, failed) => print(`${file}: ${passed} passed, ${failed} failed\n`),
    summary: (passed, failed) => print(`${passed} passed, ${failed} failed\n`),
  };
}

/** For programs: every check, one object a line. */
export function jsonReport({ print }: World): Report {
  const line = (value: object): void => print(`${JSON.stringify(value)}\n`);
  return {
    check: (file, { line: row, column, expected, actual, passed, details }) => {
      line({ kind: "check", file, line: row, column, ...details, expected, actual, passed });
    },
    fault: (file, message) => line({ kind: "fault", file, message }),
    file: () => undefined,
    summary: (passed, failed) => line({ kind: "summary", passed, failed }),
  };
}

/**
 * Two lists beside each other: `-` was expected and is not there, `+` was not expected. Lists that
 * differ in their order alone are shown as they are.
 */
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
  if (all.length > 0 && all.every((row) => row.startsWith(" "))) {
    return [...expected.map((line) => `- ${line}`), ...actual.map((line) => `+ ${line}`)];
  }
  return all;
}
