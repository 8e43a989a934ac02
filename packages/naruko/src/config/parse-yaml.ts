import { InputError, lineAndColumn } from "@naruko/core/model/input-error";
import type { InputKind, Place } from "@naruko/core/model/input-error";
import type { YamlEntry, YamlFile, YamlNode } from "@naruko/core/model/yaml";
import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Alias, Document, Node, Pair, Scalar } from "yaml";

/** Nodes of one document with its aliases written out: a file that explodes beyond it is refused. */
const MAX_NODES = 1_000_000;
/** Nesting of one document. */
const MAX_DEPTH = 200;

/**
 * Reads YAML 1.2 into a tree with places. Aliases and merge keys (`<<`) are written out, and a
 * duplicate key is refused.
 *
 * @throws InputError with `file:line:column: what is wrong`
 */
export function parseYaml(name: string, text: string, kind: InputKind = "config"): YamlFile {
  const document = parseDocument(text, { uniqueKeys: true, strict: true, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const place = { from: error.pos[0], to: error.pos[1] };
    throw new InputError(kind, `${where(name, text, place.from)}: ${error.message}`, place, error);
  }
  const reader = new TreeReader(name, text, kind, document);
  const root = document.contents === null ? undefined : reader.node(document.contents, 0);
  return { name, text, root };
}

function where(name: string, text: string, offset: number): string {
  const { line, column } = lineAndColumn(text, offset);
  return `${name}:${line}:${column}`;
}

class TreeReader {
  readonly #name: string;
  readonly #text: string;
  readonly #kind: InputKind;
  readonly #document: Document;
  #count = 0;

  constructor(name: string, text: string, kind: InputKind, document: Document) {
    this.#name = name;
    this.#text = text;
    this.#kind = kind;
    this.#document = document;
  }

  node(node: Node, depth: number): YamlNode {
    const place = placeOf(node);
    if (depth > MAX_DEPTH) this.#refuse(place, `nested deeper than ${MAX_DEPTH} levels`);
    if (++this.#count > MAX_NODES) {
      this.#refuse(place, `more than ${MAX_NODES} values, aliases written out`);
    }
    if (isAlias(node)) return this.#alias(node, depth);
    if (isMap<Node, Node | null>(node)) {
      return { kind: "map", place, entries: this.#entries(node.items, depth) };
    }
    if (isSeq<Node>(node)) {
      return { kind: "list", place, items: node.items.map((item) => this.node(item, depth + 1)) };
    }
    if (isScalar(node)) return this.#scalar(node, place);
    return this.#refuse(place, "expected a map, a list or a scalar");
  }

  #alias(alias: Alias, depth: number): YamlNode {
    const target = alias.resolve(this.#document);
    if (target === undefined) this.#refuse(placeOf(alias), `no anchor &${alias.source} before it`);
    return this.node(target, depth + 1);
  }

  #entries(pairs: readonly Pair<Node, Node | null>[], depth: number): YamlEntry[] {
    const own: YamlEntry[] = [];
    const merged: YamlEntry[] = [];
    for (const { key, value } of pairs) {
      const keyPlace = placeOf(key);
      if (!isScalar(key)) this.#refuse(keyPlace, "expected a plain key");
      const name = textOf(key);
      const node: YamlNode =
        value === null
          ? { kind: "scalar", place: keyPlace, value: null, text: "" }
          : this.node(value, depth + 1);
      if (name === "<<") merged.push(...this.#merge(node));
      else own.push({ key: name, keyPlace, value: node });
    }
    const names = new Set(own.map(({ key }) => key));
    return [...own, ...merged.filter(({ key }) => !names.has(key))];
  }

  #merge(node: YamlNode): readonly YamlEntry[] {
    if (node.kind === "map") return node.entries;
    if (node.kind === "list") return node.items.flatMap((item) => this.#merge(item));
    return this.#refuse(node.place, "expected a map to merge");
  }

  #scalar(node: Scalar, place: Place): YamlNode {
    const { value } = node;
    const text = textOf(node);
    if (value === null || typeof value === "boolean" || typeof value === "string") {
      return { kind: "scalar", place, value, text };
    }
    if (typeof value === "number") return { kind: "scalar", place, value, text };
    return this.#refuse(place, `expected text, a number, true, false or null`);
  }

  #refuse(place: Place, what: string): never {
    const at = where(this.#name, this.#text, place.from);
    throw new InputError(this.#kind, `${at}: ${what}`, place);
  }
}

function placeOf(node: Node): Place {
  const [from = 0, to = from] = node.range ?? [];
  return { from, to };
}

/** Quoted and block scalars give their value; plain ones what was written (`1e3`, `007`). */
function textOf(scalar: Scalar): string {
  if (typeof scalar.value === "string") return scalar.value;
  return scalar.source ?? "";
}
