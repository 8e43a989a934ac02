import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { checkSetup } from "@naruko/core/engine/alerting";
import { InputError } from "@naruko/core/model/input-error";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { printExpr } from "@naruko/core/promql/print";
import type { RuleGroup } from "@naruko/core/rules/rule";
import type { LoadedConfig } from "../config/config.ts";
import { DEFAULT_CONFIG_FILE, loadConfig } from "../config/load-config.ts";
import { engineYaml, setupOf } from "../config/setup.ts";
import { urlOf } from "../listen/url-of.ts";
import type { ExportedFile } from "../export/exported-file.ts";
import { grafanaFiles } from "../export/grafana.ts";
import { prometheusFiles } from "../export/prometheus.ts";
import { EXIT, Misuse, textOption } from "./command.ts";
import type { Command, Values, World } from "./command.ts";

/** `naruko export`: the same rules and dashboards for an existing stack. */
export const exportCommand: Command = {
  usage: "export prometheus|grafana --out DIR [options]",
  summary: "write rules or dashboards for an existing Prometheus or Grafana",
  options: {
    out: {
      type: "string",
      value: "DIR",
      help: "folder to write to; it is made where it is not there",
    },
    config: {
      type: "string",
      value: "FILE",
      help: `configuration (default: ${DEFAULT_CONFIG_FILE} if it exists)`,
    },
    url: {
      type: "string",
      value: "URL",
      help: "where the stack reaches this server (default: as the configuration listens)",
    },
  },
  details: `prometheus: the rule files of the configuration (without one: the shipped ones), a configuration that
evaluates them over the series of this server, and a guide. grafana: the dashboards, and the files that
set Grafana up with them. Files that are there are written anew.`,
  run: exportFiles,
};

function exportFiles(values: Values, positionals: readonly string[], world: World): number {
  const [target, ...rest] = positionals;
  if (target === "alertmanager") {
    throw new Misuse("export alertmanager comes later; there are prometheus and grafana");
  }
  if ((target !== "prometheus" && target !== "grafana") || rest.length > 0) {
    throw new Misuse("expected what to export for: prometheus or grafana");
  }
  const out = textOption(values, "out");
  if (out === undefined) throw new Misuse("--out DIR is needed: the folder to write to");
  const file = textOption(values, "config") ?? existing(DEFAULT_CONFIG_FILE);
  const loaded = loadConfig(file, world.environment);
  const url = urlOption(values) ?? urlIn(loaded);
  const files = target === "grafana" ? grafanaFiles(url) : rulesFor(loaded, url, world);
  for (const line of writeAll(out, files)) world.print(`${line}\n`);
  return EXIT.ok;
}

function existing(file: string): string | undefined {
  return existsSync(file) ? file : undefined;
}

function urlOption(values: Values): string | undefined {
  const url = textOption(values, "url");
  if (url === undefined) return undefined;
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? "")) return url.replace(/\/+$/, "");
  throw new Misuse(`--url: expected http://host:port, not "${url}"`);
}

function urlIn({ config }: LoadedConfig): string {
  const { external_url, host, port } = config.listen;
  return external_url?.replace(/\/+$/, "") ?? urlOf(host, port, config.tls !== undefined);
}

function rulesFor(loaded: LoadedConfig, url: string, world: World): readonly ExportedFile[] {
  const { config } = loaded;
  const setup = setupOf(loaded, url);
  const { groups } = checkSetup(setup, {
    intervalMs: config.interval,
    limits: { ...DEFAULT_LIMITS, ...config.limits },
    parseYaml: engineYaml(world.environment),
  });
  const names = setup.ruleFiles.map(({ name }) => path.basename(name));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    const what = `two rule files are called ${twice}; rename one, they come into one folder`;
    throw new InputError("config", what);
  }
  for (const line of spelledOtherwise(groups)) world.tell(`${line}\n`);
  const needsToken = config.auth.admin_token !== undefined;
  return prometheusFiles({
    ruleFiles: setup.ruleFiles,
    intervalMs: config.interval,
    url,
    needsToken,
  });
}

/** Names are understood here in every spelling of the conventions, in Prometheus in one alone. */
function* spelledOtherwise(groups: readonly RuleGroup[]): Generator<string> {
  for (const { file, rules } of groups) {
    for (const { name, expr } of rules) {
      const stored = printExpr(expr.expr);
      if (stored === expr.printed) continue;
      yield `${file}: warning: ${name}: Prometheus has these series under their stored names alone: ${stored}`;
    }
  }
}

/** Writes the files and says of each what became of it. */
function* writeAll(out: string, files: readonly ExportedFile[]): Generator<string> {
  for (const { path: name, text } of files) {
    const file = path.join(out, name);
    try {
      yield `${writeFile(file, text)} ${file}`;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new InputError("config", `${file}: cannot be written: ${reason}`, undefined, cause);
    }
  }
}

function writeFile(file: string, text: string): "unchanged" | "wrote" {
  mkdirSync(path.dirname(file), { recursive: true });
  if (existsSync(file) && readFileSync(file, "utf8") === text) return "unchanged";
  writeFileSync(file, text);
  return "wrote";
}
