import { createHash } from "node:crypto";
import path from "node:path";
import { readLabelledItems } from "@naruko/core/judge/labelled-items";
import { readRubrics } from "@naruko/core/judge/rubric-file";
import { InputError } from "@naruko/core/model/input-error";
import type { LoadedConfig } from "./config.ts";
import { rubricTexts, rubricYaml, shippedRubricsFolder } from "./judge-setup.ts";
import { readNamedText } from "./setup.ts";

/** Answers with known verdicts, by which the judge itself is judged. */
export type GoldenSet = {
  /** A hash of the text: equal names are equal sets. */
  readonly set: string;
  /** JSON lines, of all files. */
  readonly text: string;
  readonly everyMs: number;
};

/** More than anybody pays for daily. */
const ITEMS_MAX = 2000;

/**
 * The golden set of a configuration: the shipped one in the judge's language, and the user's own;
 * `undefined` where nothing is judged, or neither is wanted.
 *
 * @throws InputError when a file cannot be read, with every fault, a line each
 */
export function goldenSetOf(loaded: LoadedConfig): GoldenSet | undefined {
  const { judge } = loaded.config;
  if (judge === undefined) return undefined;
  const { files, shipped, every: everyMs } = judge.golden;
  const folder = loaded.file === undefined ? process.cwd() : path.dirname(loaded.file);
  const names = files.map((name) => path.resolve(folder, name));
  if (shipped)
    names.unshift(path.join(shippedRubricsFolder(), "golden", `${judge.language}.jsonl`));
  if (names.length === 0) return undefined;
  const { language } = judge;
  const { rubrics } = readRubrics(rubricTexts(loaded, judge), { parseYaml: rubricYaml, language });
  const read = names.map((name) => readNamedText(name, "labels"));
  const sets = read.map((file) => readLabelledItems(file, rubrics));
  const errors = sets.flatMap((one) => one.errors.map(({ message }) => message));
  if (errors.length > 0) throw new InputError("labels", errors.join("\n"));
  const count = sets.reduce((sum, { items }) => sum + items.length, 0);
  if (count > ITEMS_MAX) {
    const remedy = "leave some out, or the shipped ones with judge.golden.shipped: false";
    throw new InputError("config", `${count} golden items are more than ${ITEMS_MAX}; ${remedy}`);
  }
  const text = read.map((file) => file.text.trimEnd()).join("\n");
  const set = createHash("sha256").update(text).digest("hex").slice(0, 32);
  return { set, text, everyMs };
}
