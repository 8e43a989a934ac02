import { InputError } from "../../model/input-error.ts";
import { utf8Bytes, utf8Text } from "../../model/text.ts";
import { COMPARISONS } from "./compare.ts";
import type { TemplateFunction } from "./functions.ts";
import { plainText, sprint, sprintf } from "./go-format.ts";
import type { GoValue } from "./value.ts";
import { isTrue, typeOf } from "./value.ts";

/** The functions of Go's text/template itself. `and` and `or` are known to the executor. */
export const BUILTINS: Readonly<Record<string, TemplateFunction>> = {
  ...COMPARISONS,
  and: {
    parameters: ["value", "value"],
    variadic: true,
    call: (args) => args.find((a) => !isTrue(a)),
  },
  or: { parameters: ["value", "value"], variadic: true, call: (args) => args.find(isTrue) },
  not: { parameters: ["value"], call: ([value]) => !isTrue(value) },
  call: {
    parameters: ["value", "value"],
    variadic: true,
    call: ([fn]) => fail(fn === undefined ? "call of nil" : `non-function of type ${typeOf(fn)}`),
  },
  index: {
    parameters: ["value", "value"],
    variadic: true,
    call: ([item, ...indexes]) => indexes.reduce(indexed, item),
  },
  slice: { parameters: ["value", "value"], variadic: true, call: sliced },
  len: { parameters: ["value"], call: ([value]) => lengthOf(value) },
  print: { parameters: ["any"], variadic: true, call: sprint },
  printf: {
    parameters: ["string", "any"],
    variadic: true,
    call: ([format, ...args]) => sprintf(plainText(format), args),
  },
  println: {
    parameters: ["any"],
    variadic: true,
    call: (args) => `${args.map(plainText).join(" ")}\n`,
  },
  html: { parameters: ["any"], variadic: true, call: (args) => escapeHtml(joined(args)) },
  js: { parameters: ["any"], variadic: true, call: (args) => escapeJs(joined(args)) },
  urlquery: { parameters: ["any"], variadic: true, call: (args) => escapeQuery(joined(args)) },
};

export function fail(what: string): never {
  throw new InputError("template", what);
}

/** The escaping functions print nil as a template does. */
function joined(args: readonly GoValue[]): string {
  return sprint(args.map((arg) => arg ?? "<no value>"));
}

function lengthOf(value: GoValue): bigint {
  if (typeof value === "string") return BigInt(utf8Bytes(value).length);
  if (typeof value === "object" && value.kind === "map") return BigInt(value.entries.size);
  if (typeof value === "object" && value.kind === "list") return BigInt(value.items.length);
  if (value === undefined) return fail("reflect: call of reflect.Value.Type on zero Value");
  return fail(`len of type ${typeOf(value).replace(/^\*/, "")}`);
}

function indexed(item: GoValue, index: GoValue): GoValue {
  if (item === undefined) return fail("index of untyped nil");
  if (typeof item === "object" && item.kind === "map") {
    if (typeof index !== "string") {
      return fail(`value has type ${typeOf(index)}; should be string`);
    }
    return item.entries.get(index) ?? item.zero;
  }
  if (typeof item === "string") {
    const bytes = utf8Bytes(item);
    return BigInt(bytes[position(index, bytes.length - 1)] ?? 0);
  }
  if (typeof item === "object" && item.kind === "list") {
    return item.items[position(index, item.items.length - 1)];
  }
  return fail(`can't index item of type ${typeOf(item).replace(/^\*/, "")}`);
}

function position(index: GoValue, last: number): number {
  if (index === undefined) return fail("cannot index slice/array with nil");
  if (typeof index !== "bigint") return fail(`cannot index slice/array with type ${typeOf(index)}`);
  if (index < 0n || index > BigInt(last)) return fail(`index out of range: ${index}`);
  return Number(index);
}

function sliced([item, ...indexes]: readonly GoValue[]): GoValue {
  if (item === undefined) return fail("slice of untyped nil");
  if (indexes.length > 3) return fail(`too many slice indexes: ${indexes.length}`);
  const list = typeof item === "object" && item.kind === "list" ? item.items : undefined;
  if (typeof item !== "string" && list === undefined) {
    return fail(`can't slice item of type ${typeOf(item)}`);
  }
  if (typeof item === "string" && indexes.length === 3)
    return fail("cannot 3-index slice a string");
  const bytes = typeof item === "string" ? utf8Bytes(item) : undefined;
  const length = bytes?.length ?? list?.length ?? 0;
  const [from = 0, to = length] = indexes.map((index) => position(index, length));
  if (from > to) return fail(`invalid slice index: ${from} > ${to}`);
  // A cut through a character leaves bytes that are no text; they show as replacement characters.
  if (bytes !== undefined) return utf8Text(bytes.slice(from, to)) ?? "\ufffd";
  return { kind: "list", type: typeOf(item), items: list?.slice(from, to) ?? [] };
}

const HTML: Readonly<Record<string, string>> = {
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\0": "\ufffd",
};

function escapeHtml(text: string): string {
  return text.replaceAll(/["'&<>\0]/g, (char) => HTML[char] ?? char);
}

const JS: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
};

function escapeJs(text: string): string {
  return text.replaceAll(/[\\'"<>&=\p{C}\u2028\u2029]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return JS[char] ?? `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
  });
}

/** Go's url.QueryEscape: everything but letters, digits and `-_.~`, a space as `+`. */
export function escapeQuery(text: string): string {
  let escaped = "";
  for (const byte of utf8Bytes(text)) {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~]/.test(char)) escaped += char;
    else escaped += byte === 0x20 ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}
