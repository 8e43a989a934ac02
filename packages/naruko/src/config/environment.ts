import { InputError, lineAndColumn } from "@naruko/core/model/input-error";
import type { InputKind } from "@naruko/core/model/input-error";
import type { YamlFile, YamlNode } from "@naruko/core/model/yaml";

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export type Environment = Readonly<Record<string, string | undefined>>;

/** What stands for a variable that is not set. */
export const NOT_SET = "http://not-set.invalid";

/**
 * An environment in which every variable is set: for reading again what was accepted once. A secret
 * that has since gone from the environment must not keep the program from starting; the setup of
 * this start is checked against the real one.
 */
export function withPlaceholders(environment: Environment): Environment {
  return new Proxy(environment, {
    get: (known, name) => known[String(name)] ?? NOT_SET,
  });
}

/**
 * The same tree with `${NAME}` in its texts replaced from the environment, so that secrets stay out
 * of files. A variable that is not set is an error: a token that is quietly empty lets everybody in.
 */
export function withEnvironment(
  file: YamlFile,
  environment: Environment,
  kind: InputKind = "config",
): YamlFile {
  const resolve = (node: YamlNode): YamlNode => {
    if (node.kind === "map") {
      return {
        ...node,
        entries: node.entries.map((entry) => ({ ...entry, value: resolve(entry.value) })),
      };
    }
    if (node.kind === "list") return { ...node, items: node.items.map(resolve) };
    if (typeof node.value !== "string") return node;
    const value = node.value.replace(REFERENCE, (_reference, name: string) => {
      const found = environment[name];
      if (found !== undefined) return found;
      const { line, column } = lineAndColumn(file.text, node.place.from);
      throw new InputError(
        kind,
        `${file.name}:${line}:${column}: the environment variable ${name} is not set; ` +
          `set it, or write the value`,
        node.place,
      );
    });
    return { ...node, value, text: value };
  };
  return { ...file, root: file.root === undefined ? undefined : resolve(file.root) };
}
