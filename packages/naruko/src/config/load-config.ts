import { readFileSync } from "node:fs";
import path from "node:path";
import { InputError, lineAndColumn } from "@naruko/core/model/input-error";
import type { Place } from "@naruko/core/model/input-error";
import type { YamlFile, YamlNode } from "@naruko/core/model/yaml";
import type { Config, LoadedConfig } from "./config.ts";
import { withEnvironment } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { parseYaml } from "./parse-yaml.ts";
import { checkConfig, knownKeys } from "./schema.ts";
import type { ConfigIssue } from "./schema.ts";

/** The file that is read when no `--config` is given and it exists. */
export const DEFAULT_CONFIG_FILE = "naruko.yml";

/**
 * Reads and checks a configuration file.
 *
 * @param file absent: all defaults
 * @throws InputError that lists every fault, a line each, as `file:line:column: what, what would do`
 */
export function loadConfig(file: string | undefined, environment: Environment): LoadedConfig {
  if (file === undefined) return readConfig({ name: "(defaults)", text: "", root: undefined });
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError("config", `${file}: cannot be read: ${reason}`, undefined, cause);
  }
  const yaml = withEnvironment(parseYaml(file, text), environment);
  return { ...readConfig(yaml), file: path.resolve(file) };
}

/** Checks a parsed configuration and fills the defaults in. */
export function readConfig(yaml: YamlFile): LoadedConfig {
  const value = yaml.root === undefined ? {} : plainValue(yaml.root);
  const checked = checkConfig(value);
  if ("issues" in checked) {
    const issues = checked.issues.toSorted(
      (a, b) => placeOf(yaml.root, a).from - placeOf(yaml.root, b).from,
    );
    const lines = issues.map((issue) => issueLine(yaml, issue));
    const [first] = issues;
    const place = first === undefined ? undefined : placeOf(yaml.root, first);
    throw new InputError("config", lines.join("\n"), place);
  }
  const routing = entryOf(yaml.root, "routing");
  return {
    config: checked.config,
    text: yaml.text,
    warnings: withoutEffect(yaml, checked.config),
    ...(routing?.kind === "map" ? { routingNode: routing } : {}),
  };
}

/** What is accepted and does not do what it looks like: silence would look like protection. */
function withoutEffect({ name, text, root }: YamlFile, config: Config): string[] {
  if (root?.kind !== "map") return [];
  const warn = (key: string, message: string): string[] => {
    const entry = root.entries.find((one) => one.key === key);
    if (entry === undefined) return [];
    const { line, column } = lineAndColumn(text, entry.keyPlace.from);
    return [`${name}:${line}:${column}: ${message}`];
  };
  const isBlind = config.judge !== undefined && config.capture.mode === "off";
  return [
    ...(isBlind ? warn("judge", BLIND) : []),
    ...warn("detect", "detect is accepted and has no effect yet"),
  ];
}

const BLIND =
  'nothing is judged, and layer L3 is blind: capture is off; write "capture: judge" to keep text until it is judged';

/** The values of a tree, without their places. */
export function plainValue(node: YamlNode): unknown {
  if (node.kind === "list") return node.items.map(plainValue);
  if (node.kind === "scalar") return node.value;
  // Object.fromEntries defines own properties, so that a key called __proto__ is just a key.
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]));
}

function entryOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  if (node?.kind !== "map") return undefined;
  return node.entries.find((entry) => entry.key === key)?.value;
}

/** `file:line:column: what, what would do`. */
export function issueLine(yaml: YamlFile, issue: ConfigIssue): string {
  const { line, column } = lineAndColumn(yaml.text, placeOf(yaml.root, issue).from);
  const known = issue.unknownKey === undefined ? [] : knownKeys(issue.path);
  const remedy = known.length === 0 ? "" : `; known keys: ${known.join(", ")}`;
  const subject = issue.unknownKey === undefined && issue.path.length > 0;
  const about = subject ? `${issue.path.join(".")}: ` : "";
  return `${yaml.name}:${line}:${column}: ${about}${issue.message}${remedy}`;
}

/** The place of the deepest node on the path that exists: a missing key is shown at its map. */
function placeOf(root: YamlNode | undefined, issue: ConfigIssue): Place {
  let node = root;
  let place = root?.place ?? { from: 0, to: 0 };
  for (const part of issue.path) {
    if (node?.kind === "list" && typeof part === "number") node = node.items[part];
    else node = entryOf(node, String(part));
    if (node === undefined) return place;
    ({ place } = node);
  }
  if (issue.unknownKey === undefined || node?.kind !== "map") return place;
  return node.entries.find(({ key }) => key === issue.unknownKey)?.keyPlace ?? place;
}
