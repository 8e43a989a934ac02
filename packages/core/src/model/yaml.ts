import type { Place } from "./input-error.ts";

/**
 * A YAML document as a tree with places. The shell parses (YAML 1.2 core schema, with a
 * well-kept library) and resolves aliases; the core only reads.
 */
export type YamlNode = YamlMap | YamlList | YamlScalar;

export type YamlMap = {
  readonly kind: "map";
  readonly place: Place;
  /** In document order; keys are unique (the parser refuses duplicates). */
  readonly entries: readonly YamlEntry[];
};

export type YamlEntry = {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: YamlNode;
};

export type YamlList = {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly YamlNode[];
};

export type YamlScalar = {
  readonly kind: "scalar";
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** As written, without quotes: `5m`, `1e3`, `007`. What a duration or an expression is read from. */
  readonly text: string;
};

/** A file of YAML that somebody wrote: its name for error messages, its text, and its tree. */
export type YamlFile = {
  readonly name: string;
  readonly text: string;
  readonly root: YamlNode | undefined;
};
