import { isUtf8 } from "../model/go-string.ts";
import { InputError, type Place } from "../model/input-error.ts";
import { METRIC_NAME } from "../model/labels.ts";
import { compileMatcher } from "../model/matcher.ts";
import type { Matcher } from "../model/reader.ts";
import type { InstantSelector } from "./ast.ts";
import type { TokenStream } from "./token-stream.ts";

const OPS: ReadonlySet<string> = new Set(["=", "!=", "=~", "!~"]);

/** Reads `name`, `name{…}` or `{…}`; offset and `@` are read by the caller. */
export function parseSelector(tokens: TokenStream): InstantSelector {
  const { from } = tokens.peek().place;
  const name = tokens.peek().kind === "word" ? tokens.next().text : undefined;
  const inside = tokens.isSymbol("{") ? parseMatchers(tokens, name) : [];
  const place = { from, to: tokens.lastEnd() };
  if (name === undefined) return { kind: "selector", matchers: inside, offsetMs: 0, place };
  const named: Matcher = { name: METRIC_NAME, op: "=", value: name };
  return { kind: "selector", name, matchers: [...inside, named], offsetMs: 0, place };
}

function parseMatchers(tokens: TokenStream, outsideName: string | undefined): Matcher[] {
  const matchers: Matcher[] = [];
  tokens.expectSymbol("{");
  let quotedName: string | undefined = outsideName;
  while (!tokens.takeSymbol("}")) {
    const token = tokens.peek();
    const matcher = parseMatcher(tokens);
    const isName = matcher.name === METRIC_NAME;
    if (isName && outsideName !== undefined) {
      tokens.refuse(token.place, `metric name is already "${outsideName}", set it once`);
    }
    const isQuotedName = token.kind === "string" && isName;
    if (isQuotedName && quotedName !== undefined) {
      tokens.refuse(token.place, `metric name is already "${quotedName}", set it once`);
    }
    if (isQuotedName) quotedName = matcher.value;
    matchers.push(matcher);
    if (tokens.isSymbol("}")) continue;
    if (!tokens.isSymbol(",")) tokens.unexpected('"," or "}"');
    tokens.next();
  }
  return matchers;
}

function parseMatcher(tokens: TokenStream): Matcher {
  const label = tokens.peek();
  if (label.kind !== "word" && label.kind !== "string") tokens.unexpected('a label name or "}"');
  tokens.next();
  const name = label.kind === "string" ? tokens.stringValue(label) : label.text;
  if (!isUtf8(name) || name === "") tokens.refuse(label.place, "label name must be UTF-8 text");
  const op = tokens.peek().text;
  const isOp = tokens.peek().kind === "symbol" && OPS.has(op);
  if (!isOp && label.kind === "string") return { name: METRIC_NAME, op: "=", value: name };
  if (!isOp) tokens.unexpected('"=", "!=", "=~" or "!~"');
  tokens.next();
  if (tokens.peek().kind !== "string") tokens.unexpected("a quoted label value");
  const valueToken = tokens.next();
  const value = tokens.stringValue(valueToken);
  const matcher = { name, op: op as Matcher["op"], value };
  refuseBadPattern(tokens, matcher, valueToken.place);
  return matcher;
}

function refuseBadPattern(tokens: TokenStream, matcher: Matcher, place: Place): void {
  try {
    compileMatcher(matcher);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    tokens.refuse(place, `bad regular expression: ${error.message}`);
  }
}
