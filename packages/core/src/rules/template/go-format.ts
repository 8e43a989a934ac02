import { formatFloat } from "../../model/go-float.ts";
import { quote } from "../../model/go-string.ts";
import { InputError } from "../../model/input-error.ts";
import { utf8Bytes } from "../../model/text.ts";
import { durationText, timeText } from "./civil-time.ts";
import { formatHexFloat } from "./hex-float.ts";
import type { GoValue } from "./value.ts";
import { sortedKeys, typeOf } from "./value.ts";

/** Go refuses wider ones likewise; ours is far below, since templates come from files that people share. */
const MAX_WIDTH = 10_000;

/** What stands between `%` and the verb. */
type Flags = {
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly width: number | undefined;
  readonly precision: number | undefined;
};

const NO_FLAGS: Flags = {
  minus: false,
  plus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
};

/** Writes a value as Go's `%v` does. */
export function plainText(value: GoValue): string {
  return typeof value === "string" ? value : formatVerb(value, "v", NO_FLAGS);
}

/** Go's `fmt.Sprint`: a space between two operands of which neither is a string. */
export function sprint(args: readonly GoValue[]): string {
  let text = "";
  for (const [i, arg] of args.entries()) {
    const both = typeof arg !== "string" && typeof args[i - 1] !== "string";
    text += (i > 0 && both ? " " : "") + plainText(arg);
  }
  return text;
}

/** Go's `fmt.Sprintf`, with its ways of writing what does not fit: `%!d(float64=1.5)`. */
export function sprintf(format: string, args: readonly GoValue[]): string {
  return new Formatter(format, args).run();
}

class Formatter {
  readonly #format: string;
  readonly #args: readonly GoValue[];
  #at = 0;
  #arg = 0;
  #reordered = false;
  #goodIndex = true;

  constructor(format: string, args: readonly GoValue[]) {
    this.#format = format;
    this.#args = args;
  }

  run(): string {
    let text = "";
    for (;;) {
      const percent = this.#format.indexOf("%", this.#at);
      if (percent < 0) break;
      text += this.#format.slice(this.#at, percent);
      this.#at = percent + 1;
      text += this.#directive();
    }
    return text + this.#format.slice(this.#at) + this.#extra();
  }

  #extra(): string {
    const rest = this.#args.slice(this.#arg);
    if (this.#reordered || rest.length === 0) return "";
    const shown = rest.map((arg) =>
      arg === undefined ? "<nil>" : `${typeOf(arg)}=${plainText(arg)}`,
    );
    return `%!(EXTRA ${shown.join(", ")})`;
  }

  #directive(): string {
    this.#goodIndex = true;
    const signs = this.#run(/[-+# 0]*/y);
    let problems = "";
    this.#index();
    let width = this.#star();
    let minus = signs.includes("-");
    if (width === "bad") [width, problems] = [undefined, "%!(BADWIDTH)"];
    else if (width === undefined) width = this.#digits();
    else if (width < 0) [width, minus] = [-width, true];
    let precision: number | undefined;
    if (this.#run(/\./y) !== "") {
      this.#index();
      const star = this.#star();
      if (star === "bad" || (star !== undefined && star < 0)) problems += "%!(BADPREC)";
      else precision = star ?? this.#digits() ?? 0;
    }
    this.#index();
    const verb = this.#verb();
    const flags: Flags = {
      minus,
      plus: signs.includes("+"),
      sharp: signs.includes("#"),
      space: signs.includes(" "),
      // Padding with zeros goes to the left only.
      zero: signs.includes("0") && !minus,
      width,
      precision,
    };
    return problems + this.#apply(verb, flags);
  }

  #apply(verb: string, flags: Flags): string {
    if (verb === "") return "%!(NOVERB)";
    if (verb === "%") return "%";
    if (!this.#goodIndex) return `%!${verb}(BADINDEX)`;
    if (this.#arg >= this.#args.length) return `%!${verb}(MISSING)`;
    return formatVerb(this.#args[this.#arg++], verb, flags);
  }

  #verb(): string {
    const point = this.#format.codePointAt(this.#at);
    if (point === undefined) return "";
    const verb = String.fromCodePoint(point);
    this.#at += verb.length;
    return verb;
  }

  /** `[2]` picks the argument that is used next. */
  #index(): void {
    if (this.#format[this.#at] !== "[") return;
    this.#reordered = true;
    const index = this.#run(/\[[0-9]+\]/y);
    const number = Number(index.slice(1, -1));
    if (index !== "" && number >= 1 && number <= this.#args.length) {
      this.#arg = number - 1;
      return;
    }
    this.#goodIndex = false;
    if (index === "") this.#run(/\[[^\]]*\]|\[/y);
  }

  /** A width or precision that comes from an argument. */
  #star(): number | "bad" | undefined {
    if (this.#run(/\*/y) === "") return undefined;
    const arg = this.#args[this.#arg++];
    return typeof arg === "bigint" && arg >= -MAX_WIDTH && arg <= MAX_WIDTH ? Number(arg) : "bad";
  }

  #digits(): number | undefined {
    const digits = this.#run(/[0-9]+/y);
    if (digits === "") return undefined;
    const number = Number(digits);
    if (number <= MAX_WIDTH) return number;
    throw new InputError("template", `width ${digits} is above ${MAX_WIDTH}`);
  }

  #run(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#format)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }
}

function formatVerb(value: GoValue, verb: string, flags: Flags): string {
  if (verb === "T") return padded(typeOf(value), flags);
  if (value === undefined) return verb === "v" ? padded("<nil>", flags) : `%!${verb}(<nil>)`;
  if (typeof value === "string") return formatString(value, verb, flags);
  if (typeof value === "number") return formatNumber(value, verb, flags);
  if (typeof value === "bigint") return formatInteger(value, verb, flags);
  if (typeof value === "object") return formatComposite(value, verb, flags);
  return verb === "v" || verb === "t" ? padded(String(value), flags) : unfit(value, verb);
}

function unfit(value: GoValue, verb: string): string {
  return `%!${verb}(${typeOf(value)}=${plainText(value)})`;
}

function formatComposite(
  value: Exclude<GoValue, undefined | string | boolean | number | bigint>,
  verb: string,
  flags: Flags,
): string {
  const each = (inner: GoValue): string => formatVerb(inner, verb, flags);
  switch (value.kind) {
    case "map": {
      const pairs = sortedKeys(value).map((key) => `${each(key)}:${each(value.entries.get(key))}`);
      return `map[${pairs.join(" ")}]`;
    }
    case "list":
      return `[${value.items.map(each).join(" ")}]`;
    case "struct": {
      const names = flags.plus || flags.sharp;
      const fields = [...value.fields].map(
        ([name, field]) => `${names ? `${name}:` : ""}${each(field)}`,
      );
      return `${value.type.startsWith("*") ? "&" : ""}{${fields.join(" ")}}`;
    }
    case "named-int":
      return "vsq".includes(verb)
        ? formatString(value.name, verb, flags)
        : formatInteger(value.value, verb, flags);
    case "time":
      return formatString(timeText(value.ms), verb, flags);
    case "duration":
      return "vsq".includes(verb)
        ? formatString(durationText(value.ns), verb, flags)
        : formatInteger(value.ns, verb, flags);
  }
}

function formatString(value: string, verb: string, flags: Flags): string {
  const cut =
    flags.precision === undefined ? value : Array.from(value).slice(0, flags.precision).join("");
  switch (verb) {
    case "v":
      return padded(flags.sharp ? quote(cut) : cut, flags);
    case "s":
      return padded(cut, flags);
    case "q":
      return padded(flags.sharp && !cut.includes("`") ? `\`${cut}\`` : quote(cut), flags);
    case "x":
    case "X": {
      const bytes = utf8Bytes(value).subarray(0, flags.precision);
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
      const text = (flags.sharp && hex.length > 0 ? "0x" : "") + hex.join(flags.space ? " " : "");
      return padded(verb === "X" ? text.toUpperCase() : text, flags);
    }
    default:
      return unfit(value, verb);
  }
}

function formatNumber(value: number, verb: string, flags: Flags): string {
  const { precision } = flags;
  switch (verb) {
    case "v":
      return signed(formatFloat(value, "g", precision ?? -1), flags);
    case "g":
    case "G":
      return signed(upper(formatFloat(value, "g", precision ?? -1), verb), flags);
    case "e":
    case "E":
      return signed(upper(formatFloat(value, "e", precision ?? 6), verb), flags);
    case "f":
    case "F":
      return signed(formatFloat(value, "f", precision ?? 6), flags);
    case "x":
    case "X":
      return signed(upper(formatHexFloat(value, precision ?? -1), verb), flags);
    default:
      return unfit(value, verb);
  }
}

/** `%E` shouts its exponent; infinities and NaN keep their case. */
function upper(text: string, verb: string): string {
  return verb === verb.toUpperCase() && /[0-9]/.test(text) ? text.toUpperCase() : text;
}

function signed(number: string, flags: Flags): string {
  const bare = number.replace(/^[+-]/, "");
  let sign = number.startsWith("-") ? "-" : "";
  if (sign === "" && flags.plus) sign = "+";
  else if (sign === "" && flags.space) sign = " ";
  else if (number === "+Inf" && sign === "") sign = "+";
  const finite = /^[0-9]/.test(bare);
  const width = flags.width ?? 0;
  if (flags.zero && finite && width > 0) {
    return sign + bare.padStart(width - sign.length, "0");
  }
  return padded(sign + bare, { ...flags, zero: false });
}

const BASES: Readonly<Record<string, number>> = { b: 2, o: 8, O: 8, d: 10, v: 10, x: 16, X: 16 };
const PREFIXES: Readonly<Record<string, string>> = { b: "0b", o: "0", O: "0o", x: "0x", X: "0X" };

function formatInteger(value: bigint, verb: string, flags: Flags): string {
  const base = BASES[verb];
  if (base !== undefined) return formatDigits(value, { verb, base }, flags);
  const known = value >= 0n && value <= 0x10ffffn;
  const char = known ? String.fromCodePoint(Number(value)) : "\ufffd";
  switch (verb) {
    case "c":
      return padded(char, flags);
    case "q":
      return padded(
        char === "'" ? `'\\''` : `'${quote(char).slice(1, -1).replace('\\"', '"')}'`,
        flags,
      );
    case "U": {
      const code = `U+${value.toString(16).toUpperCase().padStart(4, "0")}`;
      return padded(flags.sharp ? `${code} '${char}'` : code, flags);
    }
    default:
      return unfit(value, verb);
  }
}

function formatDigits(
  value: bigint,
  { verb, base }: { readonly verb: string; readonly base: number },
  flags: Flags,
): string {
  let digits = (value < 0n ? -value : value).toString(base);
  if (verb === "X") digits = digits.toUpperCase();
  if (flags.precision === 0 && value === 0n) digits = "";
  digits = digits.padStart(flags.precision ?? 0, "0");
  const sign = value < 0n ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  const prefix = flags.sharp || verb === "O" ? (PREFIXES[verb] ?? "") : "";
  if (flags.zero && flags.precision === undefined && flags.width !== undefined) {
    digits = digits.padStart(flags.width - sign.length - prefix.length, "0");
  }
  return padded(sign + prefix + digits, { ...flags, zero: false });
}

/** Width counts characters, not bytes. */
function padded(text: string, flags: Flags): string {
  const missing = (flags.width ?? 0) - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.minus) return text + " ".repeat(missing);
  return (flags.zero ? "0" : " ").repeat(missing) + text;
}
