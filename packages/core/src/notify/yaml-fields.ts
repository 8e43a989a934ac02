import { parseDuration } from "../model/duration.ts";
import { InputError, lineAndColumn, type Place } from "../model/input-error.ts";
import type { YamlFile, YamlMap, YamlNode, YamlScalar } from "../model/yaml.ts";

/** Something in a file that is accepted and has no effect: never kept silent about. */
export type InputWarning = { readonly message: string; readonly place: Place };

/** The values of one map by key; keys without a value are absent, as in Alertmanager. */
export type Fields = {
  readonly place: Place;
  readonly get: (key: string) => YamlNode | undefined;
  /** The keys that are there, in document order. */
  readonly keys: readonly string[];
  /** Where a key stands; the map itself where it is absent. */
  readonly keyPlace: (key: string) => Place;
};

/**
 * Reads a YAML tree strictly and collects every fault instead of stopping at the first. A reader
 * function gives `undefined` where it refused, so that its caller goes on with the rest.
 */
export class YamlReader {
  readonly errors: InputError[] = [];
  readonly warnings: InputWarning[] = [];
  private readonly file: YamlFile;

  constructor(file: YamlFile) {
    this.file = file;
  }

  refuse(place: Place, message: string): undefined {
    this.errors.push(new InputError("routing", this.located(place, message), place));
    return undefined;
  }

  warn(place: Place, message: string): void {
    this.warnings.push({ message: this.located(place, message), place });
  }

  /** A map with none but the known keys. */
  fields(node: YamlNode, what: string, known: readonly string[]): Fields | undefined {
    if (node.kind !== "map")
      return this.refuse(node.place, `${what} must be a map of keys to values`);
    for (const { key, keyPlace } of node.entries) {
      if (known.includes(key)) continue;
      this.refuse(keyPlace, `unknown key "${key}" in ${what}; known are ${known.join(", ")}`);
    }
    return fieldsOf(node);
  }

  /** A map from any key to a text. */
  texts(node: YamlNode | undefined, what: string): readonly (readonly [string, YamlScalar])[] {
    if (node === undefined) return [];
    if (node.kind !== "map") {
      this.refuse(node.place, `${what} must be a map of names to texts`);
      return [];
    }
    return node.entries.flatMap(({ key, value }): (readonly [string, YamlScalar])[] => {
      if (value.kind === "scalar") return [[key, value]];
      this.refuse(value.place, `"${key}" in ${what} must be a text`);
      return [];
    });
  }

  list(node: YamlNode | undefined, what: string): readonly YamlNode[] {
    if (node === undefined) return [];
    if (node.kind === "list") return node.items;
    this.refuse(
      node.place,
      `${what} must be a list; write each entry on a line that begins with "-"`,
    );
    return [];
  }

  /** A list of texts, each with its place. */
  textList(node: YamlNode | undefined, what: string): readonly YamlScalar[] {
    return this.list(node, what).flatMap((item) => this.scalar(item, `an entry of ${what}`) ?? []);
  }

  scalar(node: YamlNode | undefined, what: string): YamlScalar | undefined {
    if (node === undefined || node.kind === "scalar") return node;
    return this.refuse(node.place, `${what} must be a single value`);
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

  /** Also YAML 1.1's spellings, which Alertmanager accepts. */
  flag(node: YamlNode | undefined, what: string): boolean | undefined {
    const scalar = this.scalar(node, what);
    if (scalar === undefined) return undefined;
    const text = scalar.text.toLowerCase();
    if (["true", "yes", "on", "y"].includes(text)) return true;
    if (["false", "no", "off", "n"].includes(text)) return false;
    return this.refuse(scalar.place, `${what} must be true or false`);
  }

  private located(place: Place, message: string): string {
    const { line, column } = lineAndColumn(this.file.text, place.from);
    return `${this.file.name}:${line}:${column}: ${message}`;
  }
}

function fieldsOf(map: YamlMap): Fields {
  const present = map.entries.filter(
    ({ value }) => value.kind !== "scalar" || value.value !== null,
  );
  const values = new Map(present.map(({ key, value }) => [key, value]));
  const places = new Map(present.map(({ key, keyPlace }) => [key, keyPlace]));
  return {
    place: map.place,
    get: (key) => values.get(key),
    keys: [...values.keys()],
    keyPlace: (key) => places.get(key) ?? map.place,
  };
}
