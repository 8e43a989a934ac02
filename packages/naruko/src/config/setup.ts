import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { EngineSetup } from "@naruko/core/model/engine-io";
import { InputError, type InputKind, lineAndColumn } from "@naruko/core/model/input-error";
import type { YamlFile } from "@naruko/core/model/yaml";
import type { Config, LoadedConfig } from "./config.ts";
import { withEnvironment } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { parseYaml } from "./parse-yaml.ts";

/** The folder of the rules that come with the program: beside the build, or in the checkout. */
export function shippedRulesFolder(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const built = path.join(here, "..", "rules");
  return existsSync(built) ? built : path.join(here, "..", "..", "..", "..", "rules");
}

/** The shipped rule files, in order of their names. */
export function shippedRuleFiles(): readonly string[] {
  const folder = shippedRulesFolder();
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yml"))
    .toSorted()
    .map((name) => path.join(folder, name));
}

/**
 * The texts that steer the engine, read from the files that a configuration names. Secrets stay
 * references to the environment: what is committed to the disk holds none.
 *
 * @throws InputError when a file cannot be read
 */
export function setupOf(loaded: LoadedConfig, externalUrl: string): EngineSetup {
  const { config, file } = loaded;
  const folder = file === undefined ? process.cwd() : path.dirname(file);
  const named = config.rules?.map((name) => path.resolve(folder, name)) ?? shippedRuleFiles();
  const routing = routingText(loaded, folder);
  return {
    ruleFiles: named.map(readRuleFile),
    ...(routing === undefined ? {} : { routing }),
    alertmanagers: config.alerting.alertmanagers.map(({ url }) => alertmanagerName(url)),
    externalUrl,
    sources: sourcesOf(config),
    ...(config.features.length === 0 ? {} : { features: config.features }),
    ...(config.capture.mode === "off" ? {} : { capture: config.capture.mode }),
  };
}

/** One rule file as the engine takes it. @throws InputError when it cannot be read */
export function readRuleFile(file: string): EngineSetup["ruleFiles"][number] {
  return readNamedText(file, "rule-file");
}

/** A file's text, and how it is called in messages. @throws InputError when it cannot be read */
export function readNamedText(
  file: string,
  kind: InputKind,
): { readonly name: string; readonly text: string } {
  return { name: shownName(file), text: readText(file, kind) };
}

/** A routing file as the engine takes it. @throws InputError when it cannot be read */
export function readRoutingFile(file: string): NonNullable<EngineSetup["routing"]> {
  return { name: ROUTING_PREFIX + shownName(file), text: readText(file, "routing") };
}

/** How an Alertmanager is called in metrics and errors: without what its URL may hide. */
export function alertmanagerName(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname.replace(/\/+$/, "");
}

/** Reads YAML for the engine: routing gets its secrets from the environment at this moment. */
export function engineYaml(environment: Environment): (name: string, text: string) => YamlFile {
  return (name, text) => {
    const file = parseYaml(name, text, "rule-file");
    return name.startsWith(ROUTING_PREFIX)
      ? withEnvironment(
          { ...file, name: name.slice(ROUTING_PREFIX.length) },
          environment,
          "routing",
        )
      : file;
  };
}

// Rule files may hold ${…} of their own (in templates and regular expressions); routing may not.
const ROUTING_PREFIX = "routing ";

function routingText(
  { config, routingNode, text, file }: LoadedConfig,
  folder: string,
): EngineSetup["routing"] {
  const { routing } = config;
  if (routing === undefined) return undefined;
  if (typeof routing === "string") return readRoutingFile(path.resolve(folder, routing));
  if (routingNode === undefined) return undefined;
  // Lines and columns stay as in the file, so that errors point into it.
  const { from, to } = routingNode.place;
  const { line, column } = lineAndColumn(text, from);
  const padding = "\n".repeat(line - 1) + " ".repeat(column - 1);
  const name = ROUTING_PREFIX + shownName(file ?? "naruko.yml");
  return { name, text: padding + text.slice(from, to) };
}

function sourcesOf({ services }: Config): EngineSetup["sources"] {
  const chosen = Object.entries(services).flatMap(([service, settings]) =>
    settings?.source === undefined ? [] : [[service, settings.source] as const],
  );
  return Object.fromEntries(chosen);
}

/** Relative to the working directory where that is shorter: as the user typed it. */
export function shownName(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.length < file.length && !relative.startsWith("..") ? relative : file;
}

function readText(file: string, kind: InputKind): string {
  try {
    // Editors and spreadsheets of Windows begin a file with a byte order mark.
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(kind, `${file}: cannot be read: ${reason}`, undefined, cause);
  }
}
