/** Keywords are tokens of their own name. */
export type TokenKind =
  | "text"
  | "open"
  | "close"
  | "space"
  | "pipe"
  | "declare"
  | "assign"
  | "char"
  | "left-paren"
  | "right-paren"
  | "identifier"
  | "field"
  | "variable"
  | "dot"
  | "bool"
  | "number"
  | "rune"
  | "string"
  | "raw-string"
  | "error"
  | "end-of-text"
  | Keyword;

const KEYWORDS = [
  "block",
  "break",
  "continue",
  "define",
  "else",
  "end",
  "if",
  "nil",
  "range",
  "template",
  "with",
] as const;
export type Keyword = (typeof KEYWORDS)[number];

export type Token = {
  readonly kind: TokenKind;
  readonly at: number;
  /** As written; of an error, what is wrong. */
  readonly text: string;
};

export function isKeyword(text: string): text is Keyword {
  return (KEYWORDS as readonly string[]).includes(text);
}

const SPACE = /[ \t\r\n]+/y;
const WORD = /[\p{L}\p{Nd}_]+/uy;
const NAME = /[\p{L}\p{Nd}_]*/uy;
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y;
const RUNE = /'(?:[^'\\\n]|\\[^\n])*'/y;
const RAW = /`[^`]*`/y;
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
/** What may follow a name: anything else is a slip such as `$x+2`. */
const TERMINATOR = /[ \t\r\n.,|:)(}=]|$/y;

/**
 * Cuts a template into tokens; ends with `end-of-text`, or with the one `error` where it is broken.
 * Trim markers are applied here, comments vanish (Go: text/template, "Text and spaces").
 */
export function lexTemplate(text: string): readonly Token[] {
  return new Lexer(text).run();
}

class Lexer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #parens = 0;
  #trimNext = false;

  constructor(text: string) {
    this.#text = text;
  }

  run(): readonly Token[] {
    while (this.#outside());
    return this.#tokens;
  }

  /** Reads text up to an action, and the action; false at the end. */
  #outside(): boolean {
    const open = this.#text.indexOf("{{", this.#at);
    const end = open < 0 ? this.#text.length : open;
    const trim = open >= 0 && /^\{\{-[ \t\r\n]/.test(this.#text.slice(open, open + 4));
    let from = this.#at;
    let to = end;
    if (this.#trimNext) from += this.#match(/[ \t\r\n]*/y, from).length;
    if (trim) while (to > from && /[ \t\r\n]/.test(this.#text[to - 1] ?? "")) to--;
    if (to > from) this.#tokens.push({ kind: "text", at: from, text: this.#text.slice(from, to) });
    this.#at = end;
    this.#trimNext = false;
    if (open < 0) return this.#stop("end-of-text", "");
    this.#at = open + (trim ? 3 : 2);
    const commentAt = trim ? this.#at + this.#match(SPACE, this.#at).length : this.#at;
    if (this.#text.startsWith("/*", commentAt)) return this.#comment(commentAt);
    this.#tokens.push({ kind: "open", at: open, text: "{{" });
    this.#parens = 0;
    for (;;) {
      const more = this.#inside();
      if (more !== "more") return more === "closed";
    }
  }

  #comment(from: number): boolean {
    const end = this.#text.indexOf("*/", from);
    if (end < 0) return this.#fail("unclosed comment", from);
    const after = this.#match(/\}\}|[ \t\r\n]-\}\}/y, end + 2);
    if (after === "") return this.#fail("comment ends before closing delimiter", end);
    this.#at = end + 2 + after.length;
    this.#trimNext = after.length > 2;
    return true;
  }

  #inside(): "more" | "closed" | "failed" {
    const close = this.#match(/\}\}|[ \t\r\n]-\}\}/y, this.#at);
    if (close !== "") {
      if (this.#parens > 0) return this.#failed("unclosed left paren");
      this.#push("close", close);
      this.#trimNext = close.length > 2;
      return "closed";
    }
    const char = this.#text[this.#at];
    if (char === undefined) return this.#failed("unclosed action");
    const space = this.#match(SPACE, this.#at);
    if (space !== "") return this.#space(space);
    if (this.#text.startsWith(":=", this.#at)) return this.#push("declare", ":=");
    if (char === ":") return this.#failed("expected :=");
    if (char === "=") return this.#push("assign", char);
    if (char === "|") return this.#push("pipe", char);
    if (char === '"') return this.#literal("string", QUOTED, "unterminated quoted string");
    if (char === "`") return this.#literal("raw-string", RAW, "unterminated raw quoted string");
    if (char === "'") return this.#literal("rune", RUNE, "unterminated character constant");
    if (char === "$") return this.#name("variable", char);
    if (char === "." && !/[0-9]/.test(this.#text[this.#at + 1] ?? ""))
      return this.#name("field", char);
    if (/[-+.0-9]/.test(char)) return this.#number();
    const word = this.#match(WORD, this.#at);
    if (word !== "") return this.#word(word);
    return this.#symbol(char);
  }

  /** A space that begins a right trim marker belongs to the marker. */
  #space(space: string): "more" {
    const marker = /[ \t\r\n]-\}\}/y;
    let length = 1;
    while (length < space.length && this.#match(marker, this.#at + length) === "") length++;
    return this.#push("space", space.slice(0, length));
  }

  #symbol(char: string): "more" | "failed" {
    if (char === "(") {
      this.#parens++;
      return this.#push("left-paren", char);
    }
    if (char === ")") {
      if (--this.#parens < 0) return this.#failed("unexpected right paren");
      return this.#push("right-paren", char);
    }
    if (/[!-~]/.test(char)) return this.#push("char", char);
    return this.#failed(`unrecognized character in action: ${JSON.stringify(char)}`);
  }

  #literal(kind: TokenKind, pattern: RegExp, broken: string): "more" | "failed" {
    const literal = this.#match(pattern, this.#at);
    return literal === "" ? this.#failed(broken) : this.#push(kind, literal);
  }

  #name(kind: "field" | "variable", first: string): "more" | "failed" {
    const name = first + this.#match(NAME, this.#at + 1);
    if (!this.#terminated(name)) return this.#badCharacter(name);
    return this.#push(name === "." ? "dot" : kind, name);
  }

  #word(word: string): "more" | "failed" {
    if (!this.#terminated(word)) return this.#badCharacter(word);
    if (isKeyword(word)) return this.#push(word, word);
    return this.#push(word === "true" || word === "false" ? "bool" : "identifier", word);
  }

  #number(): "more" | "failed" {
    const number = this.#match(NUMBER, this.#at);
    const glued = this.#match(WORD, this.#at + number.length);
    const complex = /^[-+]/.test(this.#text[this.#at + number.length] ?? "");
    if (glued === "" && !complex) return this.#push("number", number);
    return this.#failed(`bad number syntax: ${JSON.stringify(number + glued.slice(0, 1))}`);
  }

  #terminated(name: string): boolean {
    TERMINATOR.lastIndex = this.#at + name.length;
    return TERMINATOR.test(this.#text);
  }

  #badCharacter(name: string): "failed" {
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at + name.length) ?? 0);
    this.#at += name.length;
    return this.#failed(`bad character ${JSON.stringify(char)}`);
  }

  #match(pattern: RegExp, at: number): string {
    pattern.lastIndex = at;
    return pattern.exec(this.#text)?.[0] ?? "";
  }

  #push(kind: TokenKind, text: string): "more" {
    this.#tokens.push({ kind, at: this.#at, text });
    this.#at += text.length;
    return "more";
  }

  #failed(what: string): "failed" {
    this.#stop("error", what);
    return "failed";
  }

  #fail(what: string, at: number): false {
    this.#at = at;
    return this.#stop("error", what);
  }

  #stop(kind: "error" | "end-of-text", text: string): false {
    this.#tokens.push({ kind, at: this.#at, text });
    return false;
  }
}
