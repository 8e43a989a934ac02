import { InputError, type Place } from "../model/input-error.ts";
import type { YamlFile, YamlNode } from "../model/yaml.ts";
import { YamlReader, type YamlFields } from "../model/yaml-reader.ts";
import { markdownParts, type MarkdownParts } from "./rubric-markdown.ts";
import {
  JUDGE_LANGUAGES,
  normalizedScore,
  rubricVersion,
  type JudgeLanguage,
  type Rubric,
  type RubricLabel,
  type RubricText,
} from "./rubric.ts";

const FIELDS = [
  "name",
  "description",
  "instruction",
  "scale",
  "labels",
  "bad_below",
  "services",
  "needs_context",
];
/** Becomes a key of the answer's schema and a label value. */
const NAME = /^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/;
const LABEL = /^[\p{L}\p{N}][\p{L}\p{N} _-]{0,39}$/u;
/** UTF-16 code units of one instruction: it is paid for with every verdict. */
const MAX_INSTRUCTION = 8000;
const MAX_LABELS = 20;
/** Rubrics of all files: one request asks for all that apply to a call. */
const MAX_RUBRICS = 20;

/** What a rubric file is read with; the core has no YAML parser of its own. */
export type RubricReading = {
  /** @throws InputError where the text is no YAML */
  readonly parseYaml: (name: string, text: string) => YamlFile;
  /** What the judge is asked in: a rubric without a text in it is warned of. */
  readonly language: JudgeLanguage;
};

export type RubricFile = {
  /** Absent when there are errors. */
  readonly rubric?: Rubric;
  readonly errors: readonly InputError[];
  readonly warnings: readonly InputError[];
};

export type RubricFiles = {
  /** In the order of the files; complete only when there are no errors. */
  readonly rubrics: readonly Rubric[];
  readonly errors: readonly InputError[];
  readonly warnings: readonly InputError[];
};

type NamedText = { readonly name: string; readonly text: string };

/** Reads all rubrics of a set-up; two of one name are refused, since their scores would mix. */
export function readRubrics(files: readonly NamedText[], reading: RubricReading): RubricFiles {
  const rubrics: Rubric[] = [];
  const errors: InputError[] = [];
  const warnings: InputError[] = [];
  const fileOf = new Map<string, string>();
  for (const file of files) {
    const read = parseRubricFile(file, reading);
    errors.push(...read.errors);
    warnings.push(...read.warnings);
    if (read.rubric === undefined) continue;
    const { name } = read.rubric;
    const other = fileOf.get(name);
    if (other !== undefined) {
      const wrong = `rubric "${name}" is in ${other} too; leave one of them out, or rename it`;
      errors.push(new InputError("rubric", `${file.name}:1:1: ${wrong}`));
    }
    fileOf.set(name, file.name);
    rubrics.push(read.rubric);
  }
  if (files.length > MAX_RUBRICS) {
    const wrong = `${files.length} rubrics are more than ${MAX_RUBRICS}, which one request may ask for`;
    errors.push(new InputError("rubric", wrong));
  }
  return { rubrics, errors, warnings };
}

/**
 * Reads a rubric: pure YAML (`.yml`, `.yaml`), or Markdown (`.md`) with a head of YAML, whose body is
 * the instruction. Messages start with file, line and column.
 */
export function parseRubricFile(file: NamedText, reading: RubricReading): RubricFile {
  const markdown = /\.(md|markdown)$/i.test(file.name);
  if (!markdown && !/\.ya?ml$/i.test(file.name)) {
    const wrong = "a rubric file ends with .md, .yml or .yaml";
    return refused(new InputError("rubric", `${file.name}:1:1: ${wrong}`));
  }
  try {
    const parts = markdown ? markdownParts(file.name, file.text) : undefined;
    const { root } = reading.parseYaml(file.name, parts?.head ?? file.text);
    // Places in the head are places in the whole file.
    const yaml = new YamlReader({ ...file, root }, "rubric");
    const rubric = new RubricReader(yaml, reading.language).rubric(root, parts);
    const { errors, warnings } = yaml;
    return { ...(rubric === undefined || errors.length > 0 ? {} : { rubric }), errors, warnings };
  } catch (error) {
    if (error instanceof InputError) return refused(error);
    throw error;
  }
}

function refused(error: InputError): RubricFile {
  return { errors: [error], warnings: [] };
}

type Scale = { readonly min: number; readonly max: number; readonly whole: boolean };

class RubricReader {
  readonly #yaml: YamlReader;
  readonly #language: JudgeLanguage;

  constructor(yaml: YamlReader, language: JudgeLanguage) {
    this.#yaml = yaml;
    this.#language = language;
  }

  rubric(root: YamlNode | undefined, parts: MarkdownParts | undefined): Rubric | undefined {
    if (root === undefined) {
      return this.#yaml.refuse({ from: 0, to: 0 }, `a rubric needs at least "name"`);
    }
    const fields = this.#yaml.fields(root, "a rubric", FIELDS);
    if (fields === undefined) return undefined;
    const scale = this.#scale(fields.get("scale"));
    const whole = {
      name: this.#name(fields),
      description: this.#text(fields.get("description"), "description"),
      instruction: this.#instruction(fields, parts),
      ...scale,
      labels: this.#labels(fields.get("labels")),
      badBelow: this.#badBelow(fields.get("bad_below"), scale),
      services: this.#services(fields.get("services")),
      needsContext: this.#yaml.flag(fields.get("needs_context"), "needs_context") ?? false,
    };
    return { ...whole, version: rubricVersion(whole) };
  }

  #name(fields: YamlFields): string {
    const name = this.#yaml.text(fields.get("name"), "name") ?? "";
    if (NAME.test(name)) return name;
    const place = fields.get("name")?.place ?? fields.place;
    const wanted = "a letter, then up to 63 letters, digits, _ or -";
    this.#yaml.refuse(place, `a rubric needs a name: ${wanted}, such as "politeness"`);
    return "";
  }

  #instruction(fields: YamlFields, parts: MarkdownParts | undefined): RubricText {
    const node = fields.get("instruction");
    if (parts !== undefined && node !== undefined) {
      const wrong = `in Markdown the instruction is the text below the head; take this key away`;
      this.#yaml.refuse(fields.keyPlace("instruction"), wrong);
      return {};
    }
    const text = parts?.instruction ?? this.#text(node, "instruction");
    const place = node?.place ?? parts?.bodyPlace ?? fields.place;
    const texts = Object.values(text);
    if (texts.length === 0) {
      this.#yaml.refuse(place, "a rubric needs an instruction: what the judge is to decide");
    }
    const longest = Math.max(0, ...texts.map(({ length }) => length));
    if (longest > MAX_INSTRUCTION) {
      const wrong = `an instruction has at most ${MAX_INSTRUCTION} characters; it has ${longest}`;
      this.#yaml.refuse(place, wrong);
    }
    this.#warnOfLanguage(text, place, "an instruction");
    return text;
  }

  /** One text, which is English, or a map of texts by language. */
  #text(node: YamlNode | undefined, what: string): RubricText {
    if (node === undefined) return {};
    if (node.kind === "scalar") return node.text.trim() === "" ? {} : { en: node.text.trim() };
    const text: { [language in JudgeLanguage]?: string } = {};
    for (const { key, keyPlace, value } of this.#yaml.texts(node, what)) {
      const language = JUDGE_LANGUAGES.find((known) => known === key);
      if (language === undefined) {
        const known = JUDGE_LANGUAGES.join(" and ");
        this.#yaml.warn(keyPlace, `the judge is asked in ${known}; "${key}" is never used`);
      } else if (value.text.trim() !== "") text[language] = value.text.trim();
    }
    return text;
  }

  #warnOfLanguage(text: RubricText, place: Place, what: string): void {
    if (text[this.#language] !== undefined) return;
    const instead = text.en === undefined ? "ja" : "en";
    if (text[instead] === undefined) return;
    const told = `no text in "${this.#language}"; the one in "${instead}" is used`;
    this.#yaml.warn(place, `${what} has ${told}`);
  }

  #scale(node: YamlNode | undefined): Scale {
    const usual = { min: 0, max: 1, whole: false };
    if (node === undefined) return usual;
    const fields = this.#yaml.fields(node, "scale", ["min", "max", "whole"]);
    const min = this.#number(fields?.get("min"), "min") ?? usual.min;
    const max = this.#number(fields?.get("max"), "max") ?? usual.max;
    const whole = this.#yaml.flag(fields?.get("whole"), "whole") ?? usual.whole;
    if (min >= max) {
      const turn = "the higher score is the better one: turn the question round if it is not";
      this.#yaml.refuse(node.place, `scale needs min below max; ${turn}`);
      return usual;
    }
    if (whole && !(Number.isInteger(min) && Number.isInteger(max))) {
      this.#yaml.refuse(node.place, "a scale of whole numbers begins and ends at whole numbers");
      return usual;
    }
    return { min, max, whole };
  }

  /** On the rubric's own scale in the file. */
  #badBelow(node: YamlNode | undefined, scale: Scale): number {
    const score = this.#number(node, "bad_below");
    if (score === undefined || node === undefined) return 0.5;
    if (score > scale.min && score <= scale.max) return normalizedScore(scale, score);
    const range = `above ${scale.min} and at most ${scale.max}, on the rubric's own scale`;
    this.#yaml.refuse(node.place, `bad_below must be ${range}`);
    return 0.5;
  }

  #number(node: YamlNode | undefined, what: string): number | undefined {
    const scalar = this.#yaml.scalar(node, what);
    if (scalar === undefined) return undefined;
    if (typeof scalar.value === "number" && Number.isFinite(scalar.value)) return scalar.value;
    return this.#yaml.refuse(scalar.place, `${what} must be a number, such as 0.5`);
  }

  #labels(node: YamlNode | undefined): readonly RubricLabel[] {
    if (node === undefined) return [];
    if (node.kind !== "map") {
      this.#yaml.refuse(node.place, `labels must be a map of labels to what they mean`);
      return [];
    }
    if (node.entries.length > MAX_LABELS) {
      const wrong = `a rubric has at most ${MAX_LABELS} labels; it has ${node.entries.length}`;
      this.#yaml.refuse(node.place, wrong);
    }
    const written = new Set<string>();
    return node.entries.map(({ key, keyPlace, value }) => {
      // As answers are read: a judge writes them in any case.
      if (written.has(key.toLowerCase()))
        this.#yaml.refuse(keyPlace, `label "${key}" is there already, but for capitals`);
      written.add(key.toLowerCase());
      if (!LABEL.test(key)) {
        const wanted = "up to 40 letters, digits, spaces, _ or -";
        this.#yaml.refuse(keyPlace, `"${key}" is no label; a label has ${wanted}`);
      }
      const meaning = this.#text(value, `what label "${key}" means`);
      this.#warnOfLanguage(meaning, keyPlace, `label "${key}"`);
      return { name: key, meaning };
    });
  }

  #services(node: YamlNode | undefined): readonly string[] {
    if (node === undefined) return ["*"];
    const patterns = this.#yaml.textList(node, "services");
    for (const { text, place } of patterns) {
      if (text === "") this.#yaml.refuse(place, `a service needs a name; "*" stands for all`);
    }
    if (patterns.length === 0) {
      this.#yaml.refuse(
        node.place,
        `services names none, so nothing would be judged; all are ["*"]`,
      );
    }
    return patterns.map(({ text }) => text);
  }
}
