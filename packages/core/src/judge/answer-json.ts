/** A value of the judge's answer; objects keep repeated keys, which JSON.parse would hide. */
export type AnswerValue =
  | string
  | number
  | boolean
  | null
  | AnswerObject
  | readonly AnswerValue[]
  /** What stands where a value should be and is none: `NaN`, `None`. */
  | { readonly kind: "word" };

export type AnswerObject = {
  readonly kind: "object";
  readonly entries: readonly (readonly [string, AnswerValue])[];
  /** Whether this object, or one within it, has a key twice. */
  readonly repeatedKey: boolean;
};

export type FoundObjects = {
  /** Outermost ones, in the order of the text. */
  readonly objects: readonly AnswerObject[];
  /** What was wrong with the first thing that began like an object and is none. */
  readonly fault?: "truncated" | "malformed";
};

/** Nesting of an answer: by the schema it is 3. */
const MAX_DEPTH = 16;
/** Places that begin like an object and are none: so many bad ones, and the search ends. */
const MAX_FAULTS = 1000;

/**
 * Finds the JSON objects in what a judge wrote: alone, in a code fence, or with prose around. Beyond
 * strict JSON it takes commas before a closing bracket and line breaks within strings, which models
 * write and which leave no doubt about what was meant.
 */
export function findObjects(text: string): FoundObjects {
  const objects: AnswerObject[] = [];
  let fault: FoundObjects["fault"];
  let faults = 0;
  let at = text.indexOf("{");
  while (at >= 0 && faults < MAX_FAULTS) {
    const parser = new AnswerParser(text, at);
    try {
      objects.push(parser.object(0));
      at = text.indexOf("{", parser.at);
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
      fault ??= error.fault;
      faults++;
      at = text.indexOf("{", at + 1);
    }
  }
  return { objects, ...(fault === undefined ? {} : { fault }) };
}

/** Thrown within this file alone, where text that is no JSON is an expected answer. */
class NotJson extends Error {
  readonly fault: "truncated" | "malformed";
  constructor(fault: "truncated" | "malformed") {
    super(fault);
    this.fault = fault;
  }
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const NUMBER_START = /-?[\d.]*(?:[eE][+-]?)?$/y;
const WORD = /-?[A-Za-z]+(?![\w.])/y;
const PLAIN = /[^"\\]*/y;
const HEX4 = /^[0-9a-fA-F]{4}$/;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class AnswerParser {
  at: number;
  readonly #text: string;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  object(depth: number): AnswerObject {
    if (depth > MAX_DEPTH) throw new NotJson("malformed");
    this.at++;
    const entries: (readonly [string, AnswerValue])[] = [];
    while (this.#peek() !== "}") {
      if (this.#peek() !== '"') this.#fail();
      const key = this.#string();
      this.#take(":");
      entries.push([key, this.#value(depth + 1)]);
      if (this.#peek() !== "}") this.#take(",");
    }
    this.at++;
    const keys = new Set(entries.map(([key]) => key));
    const within = entries.some(([, value]) => hasRepeatedKey(value));
    return { kind: "object", entries, repeatedKey: within || keys.size < entries.length };
  }

  #value(depth: number): AnswerValue {
    switch (this.#peek()) {
      case "{":
        return this.object(depth);
      case "[":
        return this.#list(depth);
      case '"':
        return this.#string();
      default: {
        const number = this.#match(NUMBER);
        if (number !== undefined) return Number(number);
        const word = this.#match(WORD);
        if (word !== undefined) return wordValue(word);
        // A number that is cut off is none yet.
        this.#match(NUMBER_START);
        return this.#fail();
      }
    }
  }

  #list(depth: number): readonly AnswerValue[] {
    if (depth > MAX_DEPTH) throw new NotJson("malformed");
    this.at++;
    const items: AnswerValue[] = [];
    while (this.#peek() !== "]") {
      items.push(this.#value(depth + 1));
      if (this.#peek() !== "]") this.#take(",");
    }
    this.at++;
    return items;
  }

  #string(): string {
    this.at++;
    let text = "";
    for (;;) {
      text += this.#match(PLAIN) ?? "";
      const char = this.#text[this.at];
      if (char === undefined) this.#fail();
      this.at++;
      if (char === '"') return text;
      text += this.#escape();
    }
  }

  #escape(): string {
    const char = this.#text[this.at] ?? this.#fail();
    this.at++;
    if (char !== "u") return ESCAPES[char] ?? this.#fail();
    const digits = this.#text.slice(this.at, this.at + 4);
    if (!HEX4.test(digits)) {
      throw new NotJson(this.at + 4 > this.#text.length ? "truncated" : "malformed");
    }
    this.at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  /** The next character that is no space. */
  #peek(): string {
    this.#match(SPACE);
    return this.#text[this.at] ?? this.#fail();
  }

  #take(char: string): void {
    if (this.#peek() !== char) this.#fail();
    this.at++;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  #fail(): never {
    throw new NotJson(this.at >= this.#text.length ? "truncated" : "malformed");
  }
}

function wordValue(word: string): AnswerValue {
  switch (word) {
    case "true":
      return true;
    case "false":
      return false;
    case "null":
      return null;
    default:
      return { kind: "word" };
  }
}

function hasRepeatedKey(value: AnswerValue): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (isList(value)) return value.some(hasRepeatedKey);
  return value.kind === "object" && value.repeatedKey;
}

/** `Array.isArray`, which knows no readonly arrays. */
function isList(value: AnswerValue): value is readonly AnswerValue[] {
  return Array.isArray(value);
}
