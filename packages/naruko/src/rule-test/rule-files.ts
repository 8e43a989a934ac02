import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { InputError } from "@naruko/core/model/input-error";
import { compilePattern } from "@naruko/core/model/pattern";
import type { Features } from "@naruko/core/model/features";
import { parseRuleFile } from "@naruko/core/rules/rule-file";
import type { RuleGroup } from "@naruko/core/rules/rule";
import { parseYaml } from "../config/parse-yaml.ts";
import type { RuleTestFile } from "./rule-test.ts";

export type RuleFiles = {
  /** In the order in which a test evaluates them. */
  readonly groups: readonly RuleGroup[];
  readonly warnings: readonly string[];
};

/**
 * The groups of a test file's rule files, ordered by `group_eval_order`; those that it does not name
 * come with the first that it does, in the order of the files.
 *
 * @throws InputError of kind `rule-test` or `rule-file` where a file cannot be read or is refused
 */
export function readRuleFiles(file: RuleTestFile, features: Features): RuleFiles {
  const folder = path.dirname(file.name);
  const warnings: string[] = [];
  const names = new Set<string>();
  for (const { pattern, position } of file.ruleFiles) {
    const found = globbed(path.isAbsolute(pattern) ? pattern : path.join(folder, pattern));
    for (const name of found) names.add(name);
    if (found.length > 0) continue;
    warnings.push(`${file.name}:${position.line}:${position.column}: no file matches ${pattern}`);
  }
  const order = new Map(file.groupOrder.map((name, index) => [name, index]));
  const groups = [...names]
    .flatMap((name) => groupsOf(name, features))
    .toSorted((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
  for (const name of file.groupOrder) {
    if (groups.some((group) => group.name === name)) continue;
    warnings.push(`${file.name}: group_eval_order names "${name}", which no rule file has`);
  }
  return { groups, warnings };
}

function groupsOf(name: string, features: Features): readonly RuleGroup[] {
  const { groups, errors } = parseRuleFile(parseYaml(name, readText(name), "rule-file"), {
    features,
  });
  if (errors.length === 0) return groups;
  throw new InputError("rule-file", errors.map(({ message }) => message).join("\n"));
}

function readText(name: string): string {
  try {
    return readFileSync(name, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError("rule-file", `${name}: cannot be read: ${reason}`, undefined, cause);
  }
}

const WILD = /[*?[\\]/;

/**
 * The files that a pattern names, sorted: `*` and `?` stand for characters within one folder's name,
 * `[a-z]` for one of these, as in Go's `filepath.Glob`, which promtool uses.
 */
function globbed(pattern: string): readonly string[] {
  let found = [path.isAbsolute(pattern) ? path.parse(pattern).root : ""];
  for (const part of path.normalize(pattern).split(path.sep)) {
    if (part === "") continue;
    found = found.flatMap((folder) => {
      if (!WILD.test(part)) return [path.join(folder, part)];
      const matches = compilePattern(regexOf(part), { anchored: true, kind: "rule-test" });
      return namesIn(folder)
        .filter((name) => matches.matches(name))
        .map((name) => path.join(folder, name));
    });
  }
  return found.filter((file) => statSync(file, { throwIfNoEntry: false }) !== undefined);
}

/** What cannot be listed matches nothing, as in Go; the pattern is then told of. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder === "" ? "." : folder).toSorted();
  } catch {
    return [];
  }
}

function regexOf(part: string): string {
  return part.replaceAll(/\\(.)|\[\^?(?:\\.|[^\]])+\]|[^]/g, (token, escaped?: string) => {
    if (escaped !== undefined) return escapeRegex(escaped);
    if (token === "*") return ".*";
    if (token === "?") return ".";
    return token.length > 1 ? token : escapeRegex(token);
  });
}

function escapeRegex(char: string): string {
  return /[.+^$()|{}[\]\\*?]/.test(char) ? `\\${char}` : char;
}
