import { type Place, lineAndColumn } from "@naruko/core/model/input-error";
import type { YamlFile, YamlNode } from "@naruko/core/model/yaml";

/** Something that a file names: an environment variable, or another file. */
export type Named = {
  readonly name: string;
  /** `file:line:column`. */
  readonly where: string;
};

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The environment variables that a file refers to, each at its first place. */
export function variablesIn(file: YamlFile): readonly Named[] {
  const found = new Map<string, Named>();
  for (const { text, place } of textsIn(file.root)) {
    for (const [, name = ""] of text.matchAll(REFERENCE)) {
      if (!found.has(name)) found.set(name, { name, where: whereIs(file, place) });
    }
  }
  return [...found.values()];
}

/**
 * The files of certificates, keys and secrets that are read when they are needed: values of keys that
 * end in `_file`. Those of the server's own ports are not among them: they are read at the start.
 */
export function secretFilesIn(file: YamlFile): readonly (Named & { readonly key: string })[] {
  const { root } = file;
  const entries = root?.kind === "map" ? root.entries.filter(({ key }) => key !== "tls") : [];
  return entries
    .flatMap(({ key, value }) => textsIn(value, key))
    .filter(({ key }) => key.endsWith("_file"))
    .map(({ key, text, place }) => ({ key, name: text, where: whereIs(file, place) }));
}

type PlacedText = { readonly key: string; readonly text: string; readonly place: Place };

function textsIn(node: YamlNode | undefined, key = ""): readonly PlacedText[] {
  if (node === undefined) return [];
  if (node.kind === "list") return node.items.flatMap((item) => textsIn(item, key));
  if (node.kind === "map") return node.entries.flatMap((entry) => textsIn(entry.value, entry.key));
  return typeof node.value === "string" ? [{ key, text: node.value, place: node.place }] : [];
}

function whereIs({ name, text }: YamlFile, { from }: Place): string {
  const { line, column } = lineAndColumn(text, from);
  return `${name}:${line}:${column}`;
}
