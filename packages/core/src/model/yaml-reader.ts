import { parseDuration } from "./duration.ts";
import { InputError, lineAndColumn, type InputKind, type Place } from "./input-error.ts";
import { nearest } from "./nearest.ts";
import type { YamlEntry, YamlFile, YamlMap, YamlNode, YamlScalar } from "./yaml.ts";

/** The values of one map by key; keys without a value are absent, as in Prometheus' own files. */
export type YamlFields = {
  readonly place: Place;
  readonly get: (key: string) => YamlNode | undefined;
  /** The keys that have a value, in document order. */
  readonly keys: readonly string[];
  /** Where a key stands; the map itself where it is absent. */
  readonly keyPlace: (key: string) => Place;
};

/** An entry of a map of texts. */
export type YamlText = Pick<YamlEntry, "key" | "keyPlace"> & { readonly value: YamlScalar };

/**
 * Reads a YAML tree strictly and collects every fault, with file, line and column, instead of
 * stopping at the first. A reader function gives `undefined` (or nothing of a list) where it refused,
 * so that its caller goes on with the rest. Its messages quote no value but a broken duration: others
 * may be secrets.
 */
export class YamlReader {
  readonly errors: InputError[] = [];
  /** What is accepted and has no effect, or hardly the one that was meant: never kept silent about. */
  readonly warnings: InputError[] = [];
  readonly file: YamlFile;
  readonly #kind: InputKind;

  constructor(file: YamlFile, kind: InputKind) {
    this.file = file;
    this.#kind = kind;
  }

  /** The same fault at the same place is told once: what is inherited is read with each heir. */
  refuse(place: Place, message: string, kind: InputKind = this.#kind): undefined {
    const error = this.#located(place, message, kind);
    if (!this.errors.some((other) => other.message === error.message)) this.errors.push(error);
    return undefined;
  }

  warn(place: Place, message: string): void {
    this.warnings.push(this.#located(place, message, this.#kind));
  }

  /** A map with none but the known keys. */
  fields(node: YamlNode, what: string, known: readonly string[]): YamlFields | undefined {
    if (node.kind !== "map") {
      const some = known.slice(0, 3).join(", ");
      return this.#refuseShape(node, what, `a map with keys such as ${some}`);
    }
    for (const { key, keyPlace } of node.entries) {
      if (known.includes(key)) continue;
      const close = nearest(key, known);
      const hint =
        close === undefined ? `known are ${known.join(", ")}` : `did you mean "${close}"?`;
      this.refuse(keyPlace, `unknown key "${key}" in ${what}; ${hint}`);
    }
    return fieldsOf(node);
  }

  /** A map from any key to a text. */
  texts(node: YamlNode | undefined, what: string): readonly YamlText[] {
    if (node === undefined) return [];
    if (node.kind !== "map") {
      this.#refuseShape(node, what, "a map of names to texts");
      return [];
    }
    return node.entries.flatMap(({ key, keyPlace, value }): YamlText[] => {
      if (value.kind === "scalar") return [{ key, keyPlace, value }];
      this.#refuseShape(value, `"${key}" in ${what}`, "a text");
      return [];
    });
  }

  list(node: YamlNode | undefined, what: string): readonly YamlNode[] {
    if (node === undefined) return [];
    if (node.kind === "list") return node.items;
    this.#refuseShape(node, what, 'a list, each entry on a line that begins with "-"');
    return [];
  }

  /** A list of texts, each with its place. */
  textList(node: YamlNode | undefined, what: string): readonly YamlScalar[] {
    return this.list(node, what).flatMap((item) => this.scalar(item, `an entry of ${what}`) ?? []);
  }

  scalar(node: YamlNode | undefined, what: string): YamlScalar | undefined {
    if (node === undefined || node.kind === "scalar") return node;
    return this.#refuseShape(node, what, "a single value");
  }

  /** A text as written; `undefined` too where it is absent or empty. */
  text(node: YamlNode | undefined, what: string): string | undefined {
    const text = this.scalar(node, what)?.text;
    return text === "" ? undefined : text;
  }

  /** Milliseconds of a duration such as `5m`. */
  durationMs(node: YamlNode | undefined, what: string): number | undefined {
    const scalar = this.scalar(node, what);
    if (scalar === undefined) return undefined;
    const ms = parseDuration(scalar.text);
    if (ms !== undefined) return ms;
    return this.refuse(
      scalar.place,
      `${what} "${scalar.text}" is no duration; write a number with its unit: 30s, 5m, 1h30m`,
    );
  }

  wholeNumber(node: YamlNode | undefined, what: string): number | undefined {
    const scalar = this.scalar(node, what);
    if (scalar === undefined) return undefined;
    const { value, place } = scalar;
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    return this.refuse(place, `${what} must be a whole number`);
  }

  /** Also YAML 1.1's spellings, which Alertmanager accepts. */
  flag(node: YamlNode | undefined, what: string): boolean | undefined {
    const scalar = this.scalar(node, what);
    if (scalar === undefined) return undefined;
    const text = scalar.text.toLowerCase();
    if (["true", "yes", "on", "y"].includes(text)) return true;
    if (["false", "no", "off", "n"].includes(text)) return false;
    return this.refuse(scalar.place, `${what} must be true or false`);
  }

  #refuseShape(node: YamlNode, what: string, wanted: string): undefined {
    const got = node.kind === "scalar" ? "a single value" : `a ${node.kind}`;
    return this.refuse(node.place, `${what} must be ${wanted}; it is ${got}`);
  }

  #located(place: Place, message: string, kind: InputKind): InputError {
    const { line, column } = lineAndColumn(this.file.text, place.from);
    return new InputError(kind, `${this.file.name}:${line}:${column}: ${message}`, place);
  }
}

function fieldsOf(map: YamlMap): YamlFields {
  const entries = new Map(map.entries.map((entry) => [entry.key, entry]));
  const present = map.entries.filter(
    ({ value }) => value.kind !== "scalar" || value.value !== null,
  );
  const values = new Map(present.map(({ key, value }) => [key, value]));
  return {
    place: map.place,
    get: (key) => values.get(key),
    keys: [...values.keys()],
    keyPlace: (key) => entries.get(key)?.keyPlace ?? map.place,
  };
}
