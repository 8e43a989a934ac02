import { existsSync } from "node:fs";
import path from "node:path";
import { checkFile } from "../config/check-file.ts";
import type { CheckedFile, Finding } from "../config/check-file.ts";
import { DEFAULT_CONFIG_FILE } from "../config/load-config.ts";
import { shippedRuleFiles } from "../config/setup.ts";
import { EXIT, Misuse } from "./command.ts";
import type { Command, Values, World } from "./command.ts";

/** `naruko check`: configuration, rule files and routing files. */
export const checkCommand: Command = {
  usage: "check [FILE…]",
  summary: "check configuration, rule files and routing files",
  options: {
    json: { type: "boolean", help: "print one JSON object a line" },
  },
  details: `What a file is, its content tells: one with "groups" is a rule file, one with "route" is a routing
file, any other is a configuration, and the files that it names are checked too. Without a FILE,
${DEFAULT_CONFIG_FILE} is checked if it exists, and the shipped rules. Exits 1 when something is refused.`,
  run: check,
};

function check(values: Values, positionals: readonly string[], world: World): number {
  for (const file of positionals) {
    if (path.extname(file) === ".scenario") {
      throw new Misuse(`${file}: a scenario is run, by naruko test`);
    }
  }
  const checked = checkAll(positionals.length > 0 ? positionals : defaultFiles(), world);
  const findings = checked.flatMap((file) => file.findings);
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  if (values["json"] === true) {
    for (const one of findings) world.print(`${JSON.stringify(findingRecord(one))}\n`);
    const summary = { kind: "summary", files: checked.length, errors, warnings };
    world.print(`${JSON.stringify(summary)}\n`);
  } else {
    for (const file of checked) world.print(textOf(file));
    world.print(`files ${checked.length}, errors ${errors}, warnings ${warnings}\n`);
  }
  return errors === 0 ? EXIT.ok : EXIT.finding;
}

function defaultFiles(): readonly string[] {
  const config = existsSync(DEFAULT_CONFIG_FILE) ? [DEFAULT_CONFIG_FILE] : [];
  return [...config, ...shippedRuleFiles()];
}

/** Each file once, and after a configuration the files that it names. */
function checkAll(files: readonly string[], { environment }: World): readonly CheckedFile[] {
  const checked = new Map<string, CheckedFile>();
  const waiting = [...files];
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const key = path.resolve(file);
    if (checked.has(key)) continue;
    const result = checkFile(file, environment);
    checked.set(key, result);
    waiting.unshift(...result.names);
  }
  return [...checked.values()];
}

function findingRecord({ severity, file, place, message }: Finding): object {
  return { kind: "finding", severity, file, ...place, message };
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
