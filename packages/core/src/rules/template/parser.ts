import { assert } from "../../model/assert.ts";
import { InputError } from "../../model/input-error.ts";
import { unquote } from "../../model/go-string.ts";
import { lexTemplate, isKeyword } from "./lexer.ts";
import type { Token, TokenKind } from "./lexer.ts";
import { readNumber, readRune } from "./number-literal.ts";
import type { BranchKind, Command, Node, Pipe, TemplateSet, Term } from "./tree.ts";
import { formatTerm } from "./tree.ts";

/** Nested parentheses and blocks; deeper ones are refused before they could exhaust the stack. */
const MAX_DEPTH = 200;

/**
 * Parses a template and what it defines, by the grammar of Go's text/template.
 *
 * @param functions the names that may be called
 * @throws InputError("template") with its place in the text
 */
export function parseTemplateText(text: string, functions: ReadonlySet<string>): TemplateSet {
  const parser = new Parser(lexTemplate(text), functions);
  return parser.run();
}

type Ending = { readonly kind: "end" | "else"; readonly at: number };

function isEnding(node: Node | Ending): node is Ending {
  return node.kind === "end" || node.kind === "else";
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #functions: ReadonlySet<string>;
  readonly #set = new Map<string, readonly Node[]>();
  #next = 0;
  #variables: string[] = ["$"];
  #ranges = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], functions: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#functions = functions;
  }

  run(): TemplateSet {
    const main: Node[] = [];
    while (this.#peekNonSpace().kind !== "end-of-text") {
      if (this.#atDefine()) {
        this.#definition();
        continue;
      }
      const node = this.#textOrAction();
      if (isEnding(node)) this.#refuse(`unexpected {{${node.kind}}}`, node.at);
      main.push(node);
    }
    this.#set.set("", main);
    return this.#set;
  }

  #atDefine(): boolean {
    if (this.#peekNonSpace().kind !== "open") return false;
    const start = this.#next;
    this.#take();
    if (this.#peekNonSpace().kind === "define") return true;
    this.#next = start;
    return false;
  }

  #definition(): void {
    this.#takeNonSpace();
    const name = this.#templateName("define clause");
    this.#expect("close", "define clause");
    this.#define(name, "define clause");
  }

  /** The body of a definition sees no variables and no loop of its surroundings. */
  #define(name: string, context: string): void {
    const outer = { variables: this.#variables, ranges: this.#ranges };
    const at = this.#peekNonSpace().at;
    this.#variables = ["$"];
    this.#ranges = 0;
    const { nodes, ending } = this.#list();
    if (ending.kind !== "end") this.#refuse(`unexpected {{else}} in ${context}`, ending.at);
    this.#variables = outer.variables;
    this.#ranges = outer.ranges;
    const known = this.#set.get(name);
    if (known !== undefined && !isBlank(known)) {
      if (!isBlank(nodes))
        this.#refuse(`multiple definition of template ${JSON.stringify(name)}`, at);
      return;
    }
    this.#set.set(name, nodes);
  }

  #list(): { readonly nodes: readonly Node[]; readonly ending: Ending } {
    const nodes: Node[] = [];
    while (this.#peekNonSpace().kind !== "end-of-text") {
      const node = this.#textOrAction();
      if (isEnding(node)) return { nodes, ending: node };
      nodes.push(node);
    }
    return this.#refuse("unexpected EOF", this.#peekNonSpace().at);
  }

  #textOrAction(): Node | Ending {
    const token = this.#takeNonSpace();
    if (token.kind === "text") return { kind: "text", at: token.at, text: token.text };
    if (token.kind !== "open") return this.#unexpected(token, "input");
    return this.#action();
  }

  #action(): Node | Ending {
    const { kind, at } = this.#peekNonSpace();
    if (!isKeyword(kind) || kind === "nil" || kind === "define") {
      return { kind: "action", at, pipe: this.#pipeline("command", "close") };
    }
    this.#takeNonSpace();
    switch (kind) {
      case "if":
      case "range":
      case "with":
        return this.#branch(kind);
      case "else":
        return this.#elseEnding();
      case "end":
        return { kind, at: this.#expect("close", "end").at };
      case "break":
      case "continue":
        this.#expect("close", kind);
        if (this.#ranges === 0) this.#refuse(`{{${kind}}} outside {{range}}`, at);
        return { kind, at };
      case "block":
      case "template":
        return this.#invocation(kind);
    }
  }

  /** After `else` comes the end of the action, or the `if` or `with` that it goes on with. */
  #elseEnding(): Ending {
    const { kind, at } = this.#peekNonSpace();
    if (kind !== "if" && kind !== "with") this.#expect("close", "else");
    return { kind: "else", at };
  }

  #branch(kind: BranchKind): Node {
    this.#enter();
    const scope = this.#variables.length;
    const pipe = this.#pipeline(kind, "close");
    if (kind === "range") this.#ranges++;
    const { nodes: body, ending } = this.#list();
    if (kind === "range") this.#ranges--;
    const otherwise = ending.kind === "else" ? this.#otherwise(kind) : [];
    this.#variables.length = scope;
    this.#depth--;
    return { kind, at: pipe.at, pipe, body, otherwise };
  }

  #otherwise(kind: BranchKind): readonly Node[] {
    const next = this.#peekNonSpace().kind;
    if (kind !== "range" && next === kind) {
      this.#takeNonSpace();
      // The chained branch reads the one `end` that closes them all.
      return [this.#branch(kind)];
    }
    if (next === "if" || next === "with") this.#unexpected(this.#peekNonSpace(), "else");
    const { nodes, ending } = this.#list();
    if (ending.kind !== "end") this.#refuse("expected end; found {{else}}", ending.at);
    return nodes;
  }

  #invocation(kind: "block" | "template"): Node {
    const context = `${kind} clause`;
    const { at } = this.#peekNonSpace();
    const name = this.#templateName(context);
    if (kind === "template" && this.#peekNonSpace().kind === "close") {
      this.#takeNonSpace();
      return { kind: "template", at, name, pipe: undefined };
    }
    const pipe = this.#pipeline(context, "close");
    if (kind === "block") this.#define(name, context);
    return { kind: "template", at, name, pipe };
  }

  #templateName(context: string): string {
    const token = this.#takeNonSpace();
    if (token.kind !== "string" && token.kind !== "raw-string") this.#unexpected(token, context);
    return this.#unquoted(token);
  }

  #pipeline(context: string, end: "close" | "right-paren"): Pipe {
    const { at } = this.#peekNonSpace();
    const { variables, assigns } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#peekNonSpace();
      if (token.kind === end) break;
      if (!beginsTerm(token.kind)) this.#unexpected(this.#takeNonSpace(), context);
      commands.push(this.#command());
    }
    this.#takeNonSpace();
    if (commands.length === 0) this.#refuse(`missing value for ${context}`, at);
    for (const [i, { args }] of commands.entries()) {
      const kind = args[0]?.kind ?? "nil";
      if (i === 0 || !["bool", "dot", "nil", "number", "string"].includes(kind)) continue;
      this.#refuse(`non executable command in pipeline stage ${i + 1}`, args[0]?.at ?? at);
    }
    return { kind: "pipe", at, assigns, variables, commands };
  }

  #declarations(context: string): Pick<Pipe, "assigns" | "variables"> {
    const variables: string[] = [];
    while (this.#peekNonSpace().kind === "variable") {
      const start = this.#next;
      const variable = this.#takeNonSpace();
      const next = this.#peekNonSpace();
      const comma = next.kind === "char" && next.text === ",";
      if (next.kind !== "declare" && next.kind !== "assign" && !comma) {
        this.#next = start;
        break;
      }
      this.#takeNonSpace();
      variables.push(variable.text);
      if (next.kind === "assign") this.#known(variable.text, variable.at);
      else this.#variables.push(variable.text);
      if (!comma) return { variables, assigns: next.kind === "assign" };
      if (context !== "range" || variables.length > 1) {
        this.#refuse(`too many declarations in ${context}`, variable.at);
      }
      if (this.#peekNonSpace().kind !== "variable") {
        this.#refuse("range can only initialize variables", next.at);
      }
    }
    return { variables, assigns: false };
  }

  #command(): Command {
    const { at } = this.#peekNonSpace();
    const args: Term[] = [];
    for (;;) {
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#take();
      if (token.kind === "space") continue;
      if (token.kind === "close" || token.kind === "right-paren") this.#next--;
      else if (token.kind === "error") this.#refuse(token.text, token.at);
      else if (token.kind !== "pipe") this.#unexpected(token, "operand");
      break;
    }
    if (args.length === 0) this.#refuse("empty command", at);
    return { kind: "command", at, args };
  }

  #operand(): Term | undefined {
    const term = this.#term();
    if (term === undefined || this.#peek().kind !== "field") return term;
    const { at } = this.#peek();
    const names: string[] = [];
    while (this.#peek().kind === "field") names.push(this.#take().text.slice(1));
    switch (term.kind) {
      case "field":
      case "variable":
        return { kind: term.kind, at, names: [...term.names, ...names] };
      case "bool":
      case "string":
      case "number":
      case "nil":
      case "dot":
        return this.#refuse(`unexpected . after term ${JSON.stringify(formatTerm(term))}`, at);
      case "pipe":
      case "function":
      case "chain":
        return { kind: "chain", at, of: term, names };
    }
  }

  #term(): Term | undefined {
    const token = this.#peekNonSpace();
    const { kind, at, text } = token;
    if (!beginsTerm(kind)) return undefined;
    this.#takeNonSpace();
    switch (kind) {
      case "identifier":
        if (!this.#functions.has(text)) {
          this.#refuse(`function ${JSON.stringify(text)} not defined`, at);
        }
        return { kind: "function", at, name: text };
      case "dot":
      case "nil":
        return { kind, at };
      case "bool":
        return { kind, at, value: text === "true" };
      case "variable":
        this.#known(text, at);
        return { kind, at, names: [text] };
      case "field":
        return { kind, at, names: [text.slice(1)] };
      case "number":
      case "rune":
        return this.#number(token);
      case "left-paren":
        return this.#parenthesized();
      case "string":
      case "raw-string":
        return { kind: "string", at, written: text, value: this.#unquoted(token) };
    }
  }

  #number({ kind, at, text }: Token): Term {
    const value = kind === "rune" ? readRune(text) : readNumber(text);
    if (typeof value === "string") return this.#refuse(value, at);
    return { kind: "number", at, written: text, value };
  }

  #parenthesized(): Term {
    this.#enter();
    const pipe = this.#pipeline("parenthesized pipeline", "right-paren");
    this.#depth--;
    return pipe;
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) this.#refuse(`nested deeper than ${MAX_DEPTH}`, this.#peek().at);
  }

  #known(variable: string, at: number): void {
    if (this.#variables.includes(variable)) return;
    this.#refuse(`undefined variable ${JSON.stringify(variable)}`, at);
  }

  #unquoted(token: Token): string {
    const value = unquote(token.text);
    if (typeof value === "string") return value;
    return this.#refuse(value.reason, token.at + value.offset);
  }

  #peek(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    assert(token !== undefined, "the lexer ends with a token");
    return token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #peekNonSpace(): Token {
    while (this.#peek().kind === "space") this.#next++;
    return this.#peek();
  }

  #takeNonSpace(): Token {
    this.#peekNonSpace();
    return this.#take();
  }

  #expect(kind: TokenKind, context: string): Token {
    const token = this.#takeNonSpace();
    return token.kind === kind ? token : this.#unexpected(token, context);
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind === "error") return this.#refuse(token.text, token.at);
    return this.#refuse(`unexpected ${describeToken(token)} in ${context}`, token.at);
  }

  #refuse(what: string, at: number): never {
    throw new InputError("template", what, { from: at, to: at });
  }
}

const TERM_BEGINNINGS = [
  "bool",
  "rune",
  "dot",
  "field",
  "identifier",
  "number",
  "nil",
  "raw-string",
  "string",
  "variable",
  "left-paren",
] as const;

function beginsTerm(kind: TokenKind): kind is (typeof TERM_BEGINNINGS)[number] {
  return (TERM_BEGINNINGS as readonly TokenKind[]).includes(kind);
}

function describeToken({ kind, text }: Token): string {
  if (kind === "end-of-text") return "EOF";
  if (isKeyword(kind)) return `<${text}>`;
  return text.length > 10 ? `${JSON.stringify(text.slice(0, 10))}...` : JSON.stringify(text);
}

/** A body of nothing but spaces may be replaced by another definition, or leave one in place. */
function isBlank(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === "text" && node.text.trim() === "");
}
