import path from "node:path";
import { checkSetup } from "@naruko/core/engine/alerting";
import type { AlertingOptions, CheckedSetup } from "@naruko/core/engine/alerting";
import type { EngineSetup } from "@naruko/core/model/engine-io";
import { parseRubricFile } from "@naruko/core/judge/rubric-file";
import type { Feature } from "@naruko/core/model/features";
import type { LintCode } from "@naruko/core/lint/finding";
import { InputError } from "@naruko/core/model/input-error";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { epochMs, SECOND_MS } from "@naruko/core/model/time";
import type { YamlNode } from "@naruko/core/model/yaml";
import { redaction } from "./capture.ts";
import type { Config } from "./config.ts";
import type { Environment } from "./environment.ts";
import { goldenSetOf } from "./golden-set.ts";
import { judgeSetupOf, rubricYaml } from "./judge-setup.ts";
import { loadConfig } from "./load-config.ts";
import { parseYaml } from "./parse-yaml.ts";
import { readTls } from "./read-tls.ts";
import { engineYaml, readRoutingFile, readRuleFile, setupOf } from "./setup.ts";

/** One thing that is wrong, or worth a look. */
export type Finding = {
  readonly severity: "error" | "warning";
  /** What the linter of rules found; absent for everything else. */
  readonly code?: LintCode;
  readonly file: string;
  /** Both from 1; absent where the fault has no place: a file that cannot be read. */
  readonly place?: { readonly line: number; readonly column: number };
  readonly message: string;
};

export type FileKind = "rules" | "routing" | "rubric" | "configuration";

export type CheckedFile = {
  readonly file: string;
  /** Absent where the file could not even be read as YAML. */
  readonly kind?: FileKind;
  /** What is in it, for people: `3 rules`. */
  readonly holds: string;
  readonly findings: readonly Finding[];
  /** Files that a configuration names: they are to be checked too. */
  readonly names: readonly string[];
  /** What its rules may use, or those of the files that it names. */
  readonly features: readonly Feature[];
};

/**
 * Checks one file: a rubric where it is Markdown or has an `instruction`, a rule file where it has
 * `groups`, a routing file where it has `route`, else a configuration, with the routing that is
 * written in it.
 *
 * @param features what rules may use; a configuration says so itself
 */
export function checkFile(
  file: string,
  environment: Environment,
  features: readonly Feature[],
): CheckedFile {
  const { text, faults } = read(file);
  const plain = { file, holds: "", names: [], features };
  if (text === undefined) return { ...plain, findings: faults };
  if (/\.(?:md|markdown)$/i.test(file)) return checkRubric(file, text, plain);
  const tree = attempt(file, () => parseYaml(file, text));
  if (tree.value === undefined) return { ...plain, findings: tree.findings };
  const kind = kindOf(tree.value.root);
  switch (kind) {
    case "rules": {
      const setup = { ruleFiles: [{ name: file, text }], features };
      const { value, findings } = attempt(file, () => check(setup));
      const holds = ruleCount(value);
      return { ...plain, kind, holds, findings: and(findings, value, file) };
    }
    case "routing": {
      const routing = readRoutingFile(file);
      const { value, findings } = attempt(file, () => check({ routing }, environment));
      const receivers = value === undefined ? "" : `${value.routing.receivers.size} receivers`;
      return { ...plain, kind, holds: receivers, findings: and(findings, value, file) };
    }
    case "rubric":
      return checkRubric(file, text, plain);
    case "configuration":
      return { file, kind, ...checkConfiguration(file, environment) };
  }
}

function checkRubric(
  file: string,
  text: string,
  plain: Omit<CheckedFile, "kind" | "findings">,
): CheckedFile {
  const reading = { parseYaml: rubricYaml, language: "en" } as const;
  const { rubric, errors, warnings } = parseRubricFile({ name: file, text }, reading);
  const findings = [
    ...errors.map(({ message }) => finding("error", message, file)),
    ...warnings.map(({ message }) => finding("warning", message, file)),
  ];
  const holds = rubric === undefined ? "" : `rubric ${rubric.name}`;
  return { ...plain, kind: "rubric", holds, findings };
}

function checkConfiguration(
  file: string,
  environment: Environment,
): Omit<CheckedFile, "file" | "kind"> {
  const loaded = attempt(file, () => loadConfig(file, environment));
  if (loaded.value === undefined) {
    return { holds: "", findings: loaded.findings, names: [], features: [] };
  }
  const { config } = loaded.value;
  const folder = path.dirname(path.resolve(file));
  const named = [...(config.rules ?? [])];
  // A routing file is checked as a file of its own; what is written in place is checked here.
  if (typeof config.routing === "string") named.push(config.routing);
  const inPlace = typeof config.routing === "string" ? undefined : config.routing;
  const own = { ...loaded.value, config: { ...config, rules: [], routing: inPlace } };
  const setup = attempt(file, () => check(setupOf(own, ANY_URL), environment));
  const patterns = attempt(file, () => patternsOf(config));
  const tls = attempt(file, () => readTls(own));
  const judge = attempt(file, () => {
    judgeSetupOf(own, { key: ANY_KEY, at: epochMs(Date.now()) });
    goldenSetOf(own);
  });
  return {
    holds: "",
    findings: [
      ...loaded.value.warnings.map((line) => finding("warning", line, file)),
      ...and(setup.findings, setup.value, file),
      ...patterns.findings,
      ...tls.findings,
      ...judge.findings,
    ],
    names: named.map((name) => shown(path.resolve(folder, name))),
    features: config.features,
  };
}

function patternsOf(config: Config): void {
  try {
    redaction(config);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError("config", `capture.redact: ${error.message}`, undefined, error);
  }
}

const ANY_KEY = "0".repeat(32);
const ANY_URL = "http://127.0.0.1:4320";

/** Checks a part of a setup, as the engine would take it. */
function check(setup: Partial<EngineSetup>, environment: Environment = {}): CheckedSetup {
  const options: AlertingOptions = {
    intervalMs: 15 * SECOND_MS,
    limits: DEFAULT_LIMITS,
    parseYaml: engineYaml(environment),
  };
  const nothing = { ruleFiles: [], alertmanagers: [], externalUrl: ANY_URL, sources: {} };
  return checkSetup({ ...nothing, ...setup }, options);
}

function kindOf(root: YamlNode | undefined): FileKind {
  const keys = root?.kind === "map" ? root.entries.map(({ key }) => key) : [];
  if (keys.includes("groups")) return "rules";
  if (keys.includes("instruction")) return "rubric";
  return keys.includes("route") ? "routing" : "configuration";
}

function ruleCount(checked: CheckedSetup | undefined): string {
  if (checked === undefined) return "";
  return `${checked.groups.reduce((sum, { rules }) => sum + rules.length, 0)} rules`;
}

function read(file: string): { readonly text?: string; readonly faults: readonly Finding[] } {
  const { value, findings } = attempt(file, () => readRuleFile(file));
  return value === undefined ? { faults: findings } : { text: value.text, faults: [] };
}

type Attempt<T> = { readonly value?: T; readonly findings: readonly Finding[] };

function attempt<T>(file: string, run: () => T): Attempt<T> {
  try {
    return { value: run(), findings: [] };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { findings: error.message.split("\n").map((line) => finding("error", line, file)) };
  }
}

function and(
  findings: readonly Finding[],
  checked: CheckedSetup | undefined,
  file: string,
): readonly Finding[] {
  const warnings = checked?.warnings ?? [];
  return [...findings, ...warnings.map((line) => finding("warning", line, file))];
}

/** Messages of refused files begin with `file:line:column: `, or with `file: `. */
function finding(severity: Finding["severity"], text: string, file: string): Finding {
  const [, named, line, column, message] = /^(.+?):(\d+):(\d+): (.*)$/.exec(text) ?? [];
  if (named !== undefined && message !== undefined) {
    return {
      severity,
      file: named,
      place: { line: Number(line), column: Number(column) },
      message,
    };
  }
  const own = `${file}: `;
  return { severity, file, message: text.startsWith(own) ? text.slice(own.length) : text };
}

function shown(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") ? file : relative;
}
