import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { Misuse } from "./command.ts";

/** A file with tests, and the language that they are written in. */
export type TestFile = {
  readonly name: string;
  readonly kind: "scenario" | "script" | "rule-test";
};

/**
 * The files with tests among files and folders, folders in the order of their names. In a folder,
 * YAML without tests is left out, and counted; a file that is named must have some.
 *
 * @throws Misuse where a file is something else, or a folder holds none
 */
export function testFilesOf(names: readonly string[]): {
  readonly files: readonly TestFile[];
  readonly leftOut: readonly string[];
} {
  const files: TestFile[] = [];
  const leftOut: string[] = [];
  for (const name of names) {
    if (statSync(name, { throwIfNoEntry: false })?.isDirectory() !== true) {
      files.push({ name, kind: kindOf(name) });
      continue;
    }
    const found = filesIn(name).map((file) => ({ name: file, kind: kindIn(file) }));
    const tests = found.flatMap(({ name: file, kind }): TestFile[] =>
      kind === undefined ? [] : [{ name: file, kind }],
    );
    if (tests.length === 0) {
      throw new Misuse(
        `${name}: no .scenario, no .test and no YAML with rule tests in this folder`,
      );
    }
    files.push(...tests);
    const others = found.length - tests.length;
    if (others > 0) leftOut.push(`${name}: ${others} YAML files without tests are left out`);
  }
  return { files, leftOut };
}

const KINDS: ReadonlyMap<string, TestFile["kind"] | "yaml"> = new Map([
  [".scenario", "scenario"],
  [".test", "script"],
  [".yml", "yaml"],
  [".yaml", "yaml"],
] as const);

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  return entries.flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    if (entry.isDirectory()) return filesIn(name);
    return KINDS.has(path.extname(name)) ? [name] : [];
  });
}

function kindIn(file: string): TestFile["kind"] | undefined {
  const kind = KINDS.get(path.extname(file));
  if (kind !== "yaml") return kind;
  return contentOf(file) === "rule tests" ? "rule-test" : undefined;
}

function kindOf(file: string): TestFile["kind"] {
  const kind = KINDS.get(path.extname(file));
  if (kind === undefined) {
    throw new Misuse(`${file}: expected .scenario, .test, .yml or .yaml, or a folder of them`);
  }
  if (kind !== "yaml") return kind;
  switch (contentOf(file)) {
    case "rules":
      throw new Misuse(
        `${file}: a rule file, which naruko check checks; a file of rule tests names it in "rule_files"`,
      );
    case "something else":
      throw new Misuse(
        `${file}: no file of rule tests, which has "tests"; naruko check checks others`,
      );
    case "rule tests":
    case "unreadable":
      return "rule-test";
  }
}

const OF_RULE_TESTS = ["tests", "rule_files", "evaluation_interval", "group_eval_order"];

/** What a YAML file is by its keys; what cannot be read shows its fault when it is run. */
function contentOf(file: string): "rule tests" | "rules" | "something else" | "unreadable" {
  let root: unknown;
  try {
    root = parse(readFileSync(file, "utf8"));
  } catch {
    return "unreadable";
  }
  if (typeof root !== "object" || root === null) return "something else";
  if (OF_RULE_TESTS.some((key) => key in root)) return "rule tests";
  return "groups" in root ? "rules" : "something else";
}
