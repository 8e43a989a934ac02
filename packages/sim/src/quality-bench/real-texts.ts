import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import type { Call } from "@naruko/core/model/call";
import { inference } from "@naruko/core/testing/calls";

/** Answers of real models to real prompts, by where they come from. */
export type RealTexts = { readonly source: string; readonly calls: readonly Call[] };

/** The data sets that lie in a folder: HaluEval 2.0 and LLMDrift, as their repositories have them. */
export function readRealTexts(folder: string): readonly RealTexts[] {
  return [
    ...haluEval(path.join(folder, "halueval-2.0", "human_annotation.json.gz")),
    ...llmDrift(path.join(folder, "llmdrift", "OPINIONQA.csv.gz")),
    ...llmDrift(path.join(folder, "llmdrift", "LEETCODE_EASY.csv.gz")),
  ];
}

function unpacked(file: string): string | undefined {
  return existsSync(file) ? gunzipSync(readFileSync(file)).toString("utf8") : undefined;
}

function haluEval(file: string): readonly RealTexts[] {
  const text = unpacked(file);
  if (text === undefined) return [];
  const domains = JSON.parse(text) as Record<
    string,
    readonly { readonly user_query: string; readonly chatgpt_response: string }[]
  >;
  const answers = Object.values(domains).flat();
  const calls = answers.map((one) =>
    inference({ text: { input: one.user_query, output: one.chatgpt_response } }),
  );
  return [{ source: "HaluEval 2.0", calls }];
}

/** One source a dated model, since the models of one file answer otherwise. */
function llmDrift(file: string): readonly RealTexts[] {
  const text = unpacked(file);
  if (text === undefined) return [];
  const [head = [], ...rows] = parseCsv(text);
  const at = (row: readonly string[], name: string): string => row[head.indexOf(name)] ?? "";
  const models = new Set(rows.map((row) => at(row, "model")));
  return Array.from(models, (model) => ({
    source: `LLMDrift ${path.basename(file, ".csv.gz")} ${model.replace(/^.*\//, "")}`,
    calls: rows
      .filter((row) => at(row, "model") === model)
      .map((row) => inference({ text: { input: at(row, "query"), output: at(row, "answer") } })),
  }));
}

/** Rows of RFC 4180: fields in quotes may have line breaks, and quotes written twice. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  while (field.lastIndex < text.length) {
    const found = field.exec(text);
    if (found === null) throw new Error(`no field of CSV at ${field.lastIndex}`);
    const [, quoted, plain = "", end] = found;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
