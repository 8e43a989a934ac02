import { parseDuration } from "../model/duration.ts";
import type { InputKind, Place } from "../model/input-error.ts";
import { InputError, lineAndColumn } from "../model/input-error.ts";
import type {
  YamlEntry,
  YamlFile,
  YamlList,
  YamlMap,
  YamlNode,
  YamlScalar,
} from "../model/yaml.ts";
import { nearest } from "../promql/refuse.ts";

/** Collects what is wrong with one file, each fault with its place. */
export class FaultList {
  readonly errors: InputError[] = [];
  readonly warnings: InputError[] = [];
  readonly #file: YamlFile;

  constructor(file: YamlFile) {
    this.#file = file;
  }

  get file(): YamlFile {
    return this.#file;
  }

  /** The same fault at the same place is told once: a group's label is read with each of its rules. */
  error(place: Place, message: string, kind: InputKind = "rule-file"): void {
    const error = this.#at(place, message, kind);
    if (!this.errors.some((other) => other.message === error.message)) this.errors.push(error);
  }

  warning(place: Place, message: string): void {
    this.warnings.push(this.#at(place, message, "rule-file"));
  }

  #at(place: Place, message: string, kind: InputKind): InputError {
    const { line, column } = lineAndColumn(this.#file.text, place.from);
    return new InputError(kind, `${this.#file.name}:${line}:${column}: ${message}`, place);
  }
}

/** What stands at a node, for messages: `a list`, `a map`, `"5m"`. */
export function describe(node: YamlNode): string {
  if (node.kind === "map") return "a map";
  if (node.kind === "list") return "a list";
  return node.value === null ? "nothing" : JSON.stringify(node.text);
}

/** The fields of one map, read strictly: every key must be known, every value of its type. */
export class Fields {
  readonly place: Place;
  readonly #entries: ReadonlyMap<string, YamlEntry>;
  readonly #faults: FaultList;

  /** @param what names the map in messages: `a rule`, `a group` */
  constructor(map: YamlMap, known: readonly string[], what: string, faults: FaultList) {
    this.place = map.place;
    this.#faults = faults;
    this.#entries = new Map(map.entries.map((entry) => [entry.key, entry]));
    for (const { key, keyPlace } of map.entries) {
      if (known.includes(key)) continue;
      const close = nearest(key, known);
      const hint =
        close === undefined ? `${what} has ${known.join(", ")}` : `did you mean "${close}"?`;
      faults.error(keyPlace, `unknown field "${key}" in ${what}; ${hint}`);
    }
  }

  /** The node of a field; `undefined` where it is absent or null, which count as the same. */
  node(key: string): YamlNode | undefined {
    const node = this.#entries.get(key)?.value;
    return node?.kind === "scalar" && node.value === null ? undefined : node;
  }

  /** Where to point when a field is missing or wrong as a whole. */
  keyPlace(key: string): Place {
    return this.#entries.get(key)?.keyPlace ?? this.place;
  }

  scalar(key: string): YamlScalar | undefined {
    const node = this.node(key);
    if (node === undefined || node.kind === "scalar") return node;
    this.#faults.error(node.place, `"${key}" is one value, got ${describe(node)}`);
    return undefined;
  }

  text(key: string): string {
    return this.scalar(key)?.text ?? "";
  }

  durationMs(key: string): number | undefined {
    const scalar = this.scalar(key);
    if (scalar === undefined) return undefined;
    const ms = parseDuration(scalar.text);
    if (ms === undefined) {
      const wrong = `"${key}" is a duration such as 30s, 5m or 1h30m, got ${describe(scalar)}`;
      this.#faults.error(scalar.place, wrong);
    }
    return ms;
  }

  wholeNumber(key: string): number {
    const scalar = this.scalar(key);
    if (scalar === undefined) return 0;
    if (typeof scalar.value === "number" && Number.isSafeInteger(scalar.value)) return scalar.value;
    this.#faults.error(scalar.place, `"${key}" is a whole number, got ${describe(scalar)}`);
    return 0;
  }

  list(key: string): YamlList["items"] {
    const node = this.node(key);
    if (node === undefined) return [];
    if (node.kind === "list") return node.items;
    this.#faults.error(node.place, `"${key}" is a list, got ${describe(node)}`);
    return [];
  }

  /** A map of names to single values; each entry keeps its places for messages. */
  pairs(key: string): readonly { readonly name: YamlEntry; readonly value: YamlScalar }[] {
    const node = this.node(key);
    if (node === undefined) return [];
    if (node.kind !== "map") {
      this.#faults.error(node.place, `"${key}" is a map of names to texts, got ${describe(node)}`);
      return [];
    }
    return node.entries.flatMap((entry) => {
      if (entry.value.kind === "scalar") return [{ name: entry, value: entry.value }];
      const got = describe(entry.value);
      this.#faults.error(entry.value.place, `"${key}.${entry.key}" is one text, got ${got}`);
      return [];
    });
  }
}
