import { existsSync } from "node:fs";
import path from "node:path";
import type { Feature } from "@naruko/core/model/features";
import { SECOND_MS } from "@naruko/core/model/time";
import { checkFile } from "../config/check-file.ts";
import type { CheckedFile, Finding } from "../config/check-file.ts";
import { DEFAULT_CONFIG_FILE } from "../config/load-config.ts";
import { lintFiles, loadableRules, metricsRead } from "../config/lint-files.ts";
import { shippedRuleFiles } from "../config/setup.ts";
import { findServer } from "../disk/data-dir.ts";
import { serverAt, TLS_OPTIONS } from "./ask-server.ts";
import { EXIT, Misuse, textOption } from "./command.ts";
import type { Command, Values, World } from "./command.ts";
import { FEATURE_OPTION, featuresOf } from "./feature-option.ts";
import { seenByServer, seenInDirectory } from "./seen-data.ts";

/** `naruko check`: configuration, rule files and routing files. */
export const checkCommand: Command = {
  usage: "check [FILE…]",
  summary: "check configuration, rule files and routing files",
  options: {
    url: {
      type: "string",
      value: "URL",
      help: "server whose metrics and labels rules are held against",
    },
    data: {
      type: "string",
      value: "DIR",
      help: "data directory, likewise; its server is asked where one holds it",
    },
    ...TLS_OPTIONS,
    "enable-feature": FEATURE_OPTION,
    json: { type: "boolean", help: "print one JSON object a line" },
  },
  details: `What a file is, its content tells: one with "groups" is a rule file, one with "route" is a routing
file, any other is a configuration, and the files that it names are checked too. Without a FILE,
${DEFAULT_CONFIG_FILE} is checked if it exists, and the shipped rules. Rules may use the experimental
parts of PromQL that the configuration which names them turns on, or --enable-feature. Rules that can be loaded are looked
at for what is likely to be wrong nevertheless; with --url or --data also for metrics and labels that
no data has had. Exits 1 when something is refused; warnings do not count.`,
  run: check,
};

async function check(
  values: Values,
  positionals: readonly string[],
  world: World,
): Promise<number> {
  for (const file of positionals) {
    if (path.extname(file) === ".scenario") {
      throw new Misuse(`${file}: a scenario is run, by naruko test`);
    }
  }
  const features = featuresOf(values);
  const files = positionals.length > 0 ? positionals : defaultFiles();
  const checked = checkAll(files, features, world);
  const linted = await lint(checked, values, world);
  if ("error" in linted) {
    world.tell(`naruko: ${linted.error}\n`);
    return EXIT.finding;
  }
  const findingsOf = (file: CheckedFile): readonly Finding[] => [
    ...file.findings,
    ...linted.findings.filter((one) => one.file === file.file),
  ];
  const findings = checked.flatMap(findingsOf);
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  if (values["json"] === true) {
    for (const one of findings) world.print(`${JSON.stringify(findingRecord(one))}\n`);
    const summary = { kind: "summary", files: checked.length, errors, warnings };
    world.print(`${JSON.stringify(summary)}\n`);
  } else {
    for (const file of checked) world.print(textOf({ ...file, findings: findingsOf(file) }));
    world.print(`files ${checked.length}, errors ${errors}, warnings ${warnings}\n`);
  }
  return errors === 0 ? EXIT.ok : EXIT.finding;
}

type Linted = { readonly findings: readonly Finding[] } | { readonly error: string };

async function lint(
  checked: readonly CheckedFile[],
  values: Values,
  world: World,
): Promise<Linted> {
  const rules = loadableRules(checked.filter(({ kind }) => kind === "rules"));
  const [url, folder] = [textOption(values, "url"), textOption(values, "data")];
  if (url !== undefined && folder !== undefined) {
    throw new Misuse("--url asks a server and --data a directory: give one of them");
  }
  const address = folder === undefined ? url : (await findServer(folder))?.address;
  const intervalMs = 15 * SECOND_MS;
  if (address === undefined && folder === undefined)
    return { findings: lintFiles(rules, { intervalMs }) };
  const answer =
    address === undefined
      ? await seenInDirectory(folder ?? "", world)
      : await seenByServer(address, serverAt(address, values, world), metricsRead(rules));
  if ("error" in answer) return answer;
  return { findings: lintFiles(rules, { intervalMs, seen: answer.seen }) };
}

function defaultFiles(): readonly string[] {
  const config = existsSync(DEFAULT_CONFIG_FILE) ? [DEFAULT_CONFIG_FILE] : [];
  return [...config, ...shippedRuleFiles()];
}

/** Each file once, and after a configuration the files that it names. */
function checkAll(
  files: readonly string[],
  features: readonly Feature[],
  { environment }: World,
): readonly CheckedFile[] {
  const checked = new Map<string, CheckedFile>();
  const waiting = files.map((file) => ({ file, features }));
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const key = path.resolve(next.file);
    if (checked.has(key)) continue;
    const result = checkFile(next.file, environment, next.features);
    checked.set(key, result);
    const { names } = result;
    const allowed = [...new Set([...features, ...result.features])];
    waiting.unshift(...names.map((file) => ({ file, features: allowed })));
  }
  return [...checked.values()];
}

function findingRecord({ severity, code, file, place, message }: Finding): object {
  return { kind: "finding", severity, code, file, ...place, message };
}

function textOf({ file, kind, holds, findings }: CheckedFile): string {
  const lines = findings.map(({ severity, place, message, ...found }) => {
    const where = place === undefined ? "" : `:${place.line}:${place.column}`;
    return `${found.file}${where}: ${severity === "warning" ? "warning: " : ""}${message}`;
  });
  const isRefused = findings.some(({ severity }) => severity === "error");
  const read = kind === undefined ? "" : `, read as ${kind}`;
  const verdict = isRefused ? `refused${read}` : `${kind}${holds === "" ? "" : `, ${holds}`}: ok`;
  return `${[...lines, `${file}: ${verdict}`].join("\n")}\n`;
}
