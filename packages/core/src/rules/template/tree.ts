/** Offsets are in UTF-16 code units from the start of the parsed text. */
export type Node =
  | { readonly kind: "text"; readonly at: number; readonly text: string }
  | { readonly kind: "action"; readonly at: number; readonly pipe: Pipe }
  | (Branch & { readonly kind: "if" | "with" })
  | (Branch & { readonly kind: "range" })
  | Invocation
  | { readonly kind: "break" | "continue"; readonly at: number };

export type BranchKind = "if" | "range" | "with";

export type Branch = {
  readonly at: number;
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
};

export type Invocation = {
  readonly kind: "template";
  readonly at: number;
  readonly name: string;
  readonly pipe: Pipe | undefined;
};

export type Pipe = {
  readonly kind: "pipe";
  readonly at: number;
  /** `=` sets variables that exist, `:=` makes them. */
  readonly assigns: boolean;
  /** Names with their `$`. */
  readonly variables: readonly string[];
  readonly commands: readonly Command[];
};

export type Command = {
  readonly kind: "command";
  readonly at: number;
  readonly args: readonly Term[];
};

export type Term =
  | Pipe
  | { readonly kind: "dot" | "nil"; readonly at: number }
  | { readonly kind: "bool"; readonly at: number; readonly value: boolean }
  | {
      readonly kind: "string";
      readonly at: number;
      readonly written: string;
      readonly value: string;
    }
  | NumberTerm
  | { readonly kind: "function"; readonly at: number; readonly name: string }
  /** `.Labels.model` */
  | { readonly kind: "field"; readonly at: number; readonly names: readonly string[] }
  /** `$labels.model`: the variable with its `$`, then fields. */
  | { readonly kind: "variable"; readonly at: number; readonly names: readonly string[] }
  /** `(pipe).field` */
  | Chain;

export type Chain = {
  readonly kind: "chain";
  readonly at: number;
  readonly of: Term;
  readonly names: readonly string[];
};

export type NumberTerm = {
  readonly kind: "number";
  readonly at: number;
  readonly written: string;
  /** A bigint is Go's int, a number its float64; beyond int64 a bigint fails when it is used. */
  readonly value: bigint | number;
};

/** The bodies by name; the main one has the empty name. */
export type TemplateSet = ReadonlyMap<string, readonly Node[]>;

/** Writes a part of the tree as Go's error messages show it. */
export function formatTerm(term: Term | Command | Invocation): string {
  switch (term.kind) {
    case "dot":
      return ".";
    case "nil":
      return "nil";
    case "bool":
      return String(term.value);
    case "string":
    case "number":
      return term.written;
    case "function":
      return term.name;
    case "field":
      return term.names.map((name) => `.${name}`).join("");
    case "variable":
      return term.names.join(".");
    case "chain": {
      const of = formatTerm(term.of);
      const names = term.names.map((name) => `.${name}`).join("");
      return (term.of.kind === "pipe" ? `(${of})` : of) + names;
    }
    case "command":
      return term.args
        .map((arg) => (arg.kind === "pipe" ? `(${formatTerm(arg)})` : formatTerm(arg)))
        .join(" ");
    case "pipe": {
      const names = term.variables.join(", ");
      const decl = names === "" ? "" : `${names} ${term.assigns ? "=" : ":="} `;
      return decl + term.commands.map(formatTerm).join(" | ");
    }
    case "template": {
      const pipe = term.pipe === undefined ? "" : ` ${formatTerm(term.pipe)}`;
      return `{{template ${JSON.stringify(term.name)}${pipe}}}`;
    }
  }
}
