import { InputError } from "../model/input-error.ts";
import { base64Bytes, base64Length, double, int64 } from "./json-scalars.ts";
import { isWellFormed, uint64Digits } from "./json-scalars.ts";
import type { Tally } from "./tally.ts";
import { NO_TIME, type UnixNano, unixNanoFromDigits } from "./unix-nano.ts";

type Fields = Readonly<Record<string, unknown>>;

const HEX = /^([0-9a-f]{2})*$/i;
/** So much of a wrong value is shown. */
const SHOWN_LENGTH = 40;

/**
 * One protobuf message written in JSON, by proto3's mapping with OTLP's deviations (ids are hex,
 * enums are integers). Fields are asked for by their lowerCamelCase name; the original snake_case
 * name is accepted too, as by other receivers, because skipping it would lose the data in silence.
 * Absent and null fields have proto3's default. A wrong value throws `InputError` with its path.
 */
export class JsonMessage {
  readonly tally: Tally;
  private readonly fields: Fields;
  private readonly parent: JsonMessage | undefined;
  private readonly step: string;
  /** Its place in a repeated field; -1 in a singular one. */
  private readonly index: number;

  private constructor(fields: Fields, parent: JsonMessage | Tally, step: string, index: number) {
    this.fields = fields;
    this.step = step;
    this.index = index;
    this.parent = parent instanceof JsonMessage ? parent : undefined;
    this.tally = parent instanceof JsonMessage ? parent.tally : parent;
  }

  /** The message that a whole request is. */
  static root(value: unknown, tally: Tally): JsonMessage {
    if (isObject(value)) return new JsonMessage(value, tally, "", -1);
    throw new InputError("otlp", `the request is ${shown(value)}, expected an object`);
  }

  text(name: string): string {
    const value = this.field(name);
    if (value === undefined) return "";
    if (typeof value !== "string") return this.wrong(name, value, "a string");
    if (!isWellFormed(value)) this.fault(name, "has half a surrogate pair, expected valid Unicode");
    return this.tally.keptText(value);
  }

  /** An id as lower-case hex digits; its length is not checked. */
  hex(name: string): string {
    const value = this.field(name);
    if (value === undefined) return "";
    if (typeof value === "string" && HEX.test(value)) return value.toLowerCase();
    return this.wrong(name, value, "hexadecimal digits");
  }

  /** Bytes, cut at `limits.attributeLength`. */
  content(name: string): Uint8Array {
    const value = this.field(name);
    const length = typeof value === "string" ? base64Length(value) : undefined;
    if (typeof value !== "string" || length === undefined) {
      return this.wrong(name, value, "base64");
    }
    return base64Bytes(value, this.tally.keptBytes(length));
  }

  bool(name: string): boolean {
    const value = this.field(name) ?? false;
    return typeof value === "boolean" ? value : this.wrong(name, value, "true or false");
  }

  double(name: string): number | undefined {
    const value = this.field(name);
    return value === undefined ? undefined : (double(value) ?? this.wrong(name, value, "a number"));
  }

  int64(name: string): number | undefined {
    const value = this.field(name);
    if (value === undefined) return undefined;
    return int64(value) ?? this.wrong(name, value, "a 64-bit integer");
  }

  uint64(name: string): number {
    return Number(this.digits(name) ?? 0);
  }

  uint32(name: string): number {
    const value = this.field(name) ?? 0;
    const number = int64(value);
    if (number !== undefined && number === number >>> 0) return number;
    return this.wrong(name, value, "an unsigned 32-bit integer");
  }

  int32(name: string): number {
    const value = this.int64(name) ?? 0;
    return value === (value | 0) ? value : this.wrong(name, value, "a 32-bit integer");
  }

  time(name: string): UnixNano {
    const digits = this.digits(name);
    return digits === undefined ? NO_TIME : unixNanoFromDigits(digits);
  }

  /** @param values by name: OTLP/JSON writes integers, other proto3 writers write names */
  enumeration(name: string, values: ReadonlyMap<string, number>): number {
    const value = this.field(name) ?? 0;
    if (typeof value === "number" && value === (value | 0)) return value;
    const named = typeof value === "string" ? values.get(value) : undefined;
    if (named !== undefined) return named;
    const [example] = values.keys();
    return this.wrong(name, value, `an integer or a name such as ${example}`);
  }

  /** The message in a singular field. */
  message(name: string): JsonMessage | undefined {
    const value = this.field(name);
    if (value === undefined) return undefined;
    if (!isObject(value)) return this.wrong(name, value, "an object");
    return new JsonMessage(value, this, name, -1);
  }

  /** The messages in a repeated field; made one by one, so that limits are reached before memory is. */
  *messages(name: string): Generator<JsonMessage, void, undefined> {
    const list = this.list(name);
    for (let index = 0; index < list.length; index++) {
      const value = list[index];
      if (!isObject(value)) this.wrong(`${name}[${index}]`, value, "an object");
      else yield new JsonMessage(value, this, name, index);
    }
  }

  /** How many elements a repeated field has. */
  count(name: string): number {
    return this.list(name).length;
  }

  /** Adds the numbers of a repeated field to a list. */
  repeated(name: string, of: "double" | "fixed64", into: number[]): void {
    const list = this.list(name);
    this.tally.countValues(list.length);
    for (const [index, value] of list.entries()) {
      const number = of === "double" ? double(value) : Number(uint64Digits(value) ?? NaN);
      if (number === undefined || (of === "fixed64" && Number.isNaN(number))) {
        const expected = of === "double" ? "a number" : "an unsigned 64-bit integer";
        this.wrong(`${name}[${index}]`, value, expected);
      } else {
        into.push(number);
      }
    }
  }

  /**
   * Which member of a oneof is set; `undefined` when none is.
   *
   * @param members their lowerCamelCase names, by themselves and by their snake_case names
   */
  member<T extends string>(members: ReadonlyMap<string, T>): T | undefined {
    let found: T | undefined;
    for (const key of Object.keys(this.fields)) {
      const name = this.fields[key] === null ? undefined : members.get(key);
      if (name === undefined || name === found) continue;
      if (found !== undefined) this.fault(name, `stands beside ${found}, expected one of them`);
      found = name;
    }
    return found;
  }

  /** Whether it holds a message in a field that is not among `known`. */
  hasUnknownMessage(known: ReadonlySet<string>): boolean {
    return Object.entries(this.fields).some(
      ([key, value]) => isObject(value) && !known.has(camelCase(key)),
    );
  }

  /** Refuses the message itself. */
  refuse(reason: string): never {
    throw new InputError("otlp", `${this.path()} ${reason}`);
  }

  /** Refuses one of its fields. */
  private fault(name: string, reason: string): never {
    const path = this.path();
    throw new InputError("otlp", `${path}${path === "" ? "" : "."}${name} ${reason}`);
  }

  private digits(name: string): string | undefined {
    const value = this.field(name);
    if (value === undefined) return undefined;
    return uint64Digits(value) ?? this.wrong(name, value, "an unsigned 64-bit integer");
  }

  private list(name: string): readonly unknown[] {
    const value = this.field(name) ?? [];
    return Array.isArray(value) ? value : this.wrong(name, value, "an array");
  }

  private field(name: string): unknown {
    const value = this.fields[name] ?? this.fields[snakeCase(name)];
    return value === null ? undefined : value;
  }

  private wrong(name: string, value: unknown, expected: string): never {
    return this.fault(name, `is ${shown(value)}, expected ${expected}`);
  }

  private path(): string {
    const step = this.index < 0 ? this.step : `${this.step}[${this.index}]`;
    const before = this.parent?.path() ?? "";
    return before === "" ? step : `${before}.${step}`;
  }
}

/** The members of a oneof for `JsonMessage.member`, from their lowerCamelCase names. */
export function oneof<T extends string>(...names: readonly T[]): ReadonlyMap<string, T> {
  return new Map(
    names.flatMap((name): [string, T][] => [
      [name, name],
      [snakeCase(name), name],
    ]),
  );
}

const snakeCases = new Map<string, string>();

/** Only names from the schema come in, so the memory stays small. */
function snakeCase(name: string): string {
  let snake = snakeCases.get(name);
  if (snake === undefined) {
    snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    snakeCases.set(name, snake);
  }
  return snake;
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value);
}
