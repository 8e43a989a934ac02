/**
 * Checking a value against a JSON Schema, as far as providers' structured outputs and tools use them:
 * the keywords of JSON Schema 2020-12 below, OpenAPI's `nullable`, and types in capitals. All other
 * keywords, and references to other documents, allow everything: a keyword that we do not know is no
 * proof that an answer is wrong.
 */

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Alternatives multiply at every level of nesting; past so many steps nothing is said. A step is one
 * schema held against one value, one name or value of a list in a schema, or one character measured.
 */
const MAX_STEPS = 200_000;
/** References can lead around in circles, and recursion has an end. */
const MAX_DEPTH = 128;

/** Thrown and caught in this file alone: what was found out so far is not enough to decide. */
class Undecided extends Error {}

/**
 * Where a value does not match a schema, and why: `$.age: expected integer`. `undefined` where it
 * matches, where the schema is none, and where to find out takes too long.
 */
export function schemaMismatch(schema: unknown, value: unknown): string | undefined {
  const root = unwrapped(schema);
  try {
    return new Check(root).mismatch(root, value, { path: "$", depth: 0 });
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

/** The schema itself, without the response format that some senders keep around it. */
function unwrapped(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const inner = own(schema, "json_schema") ?? own(schema, "schema");
  const isWrapper = isObject(inner) && own(schema, "properties") === undefined;
  return isWrapper ? unwrapped(inner) : schema;
}

type Place = { readonly path: string; readonly depth: number };

class Check {
  readonly #root: unknown;
  #steps = 0;

  constructor(root: unknown) {
    this.#root = root;
  }

  mismatch(schema: unknown, value: unknown, place: Place): string | undefined {
    this.#spend(1, place.depth);
    if (schema === false) return `${place.path}: expected nothing`;
    if (!isObject(schema)) return undefined;
    if (value === null && own(schema, "nullable") === true) return undefined;
    return (
      wrongType(schema, value, place.path) ??
      this.#wrongChoice(schema, value, place) ??
      this.#wrongSize(schema, value, place) ??
      this.#wrongMembers(schema, value, place) ??
      this.#wrongItems(schema, value, place) ??
      this.#wrongCombination(schema, value, place)
    );
  }

  #spend(steps: number, depth: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS || depth > MAX_DEPTH) throw new Undecided();
  }

  #wrongChoice(schema: JsonObject, value: unknown, place: Place): string | undefined {
    const choices = own(schema, "enum");
    if (Array.isArray(choices) && !choices.some((one) => this.#isSame(one, value, place.depth)))
      return `${place.path}: expected a value of the enum`;
    if (Object.hasOwn(schema, "const") && !this.#isSame(schema["const"], value, place.depth))
      return `${place.path}: expected the constant`;
    return undefined;
  }

  #isSame(one: unknown, other: unknown, depth: number): boolean {
    this.#spend(1, depth);
    if (Array.isArray(one) || Array.isArray(other)) {
      if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
      return one.every((item, i) => this.#isSame(item, other[i], depth + 1));
    }
    if (!isObject(one) || !isObject(other)) return one === other;
    const names = Object.keys(one);
    if (names.length !== Object.keys(other).length) return false;
    return names.every(
      (name) => Object.hasOwn(other, name) && this.#isSame(one[name], other[name], depth + 1),
    );
  }

  #wrongSize(schema: JsonObject, value: unknown, place: Place): string | undefined {
    for (const { keyword, on, isWrong } of BOUNDS) {
      const bound = own(schema, keyword);
      if (typeof bound !== "number") continue;
      const size = sizeOf(value);
      if (size?.of !== on) continue;
      this.#spend(typeof value === "string" ? value.length : 1, place.depth);
      if (isWrong(size.is, bound)) return `${place.path}: ${keyword} ${bound}`;
    }
    return undefined;
  }

  #wrongMembers(schema: JsonObject, value: unknown, place: Place): string | undefined {
    if (!isObject(value)) return undefined;
    for (const name of listOf(own(schema, "required"))) {
      this.#spend(1, place.depth);
      if (typeof name === "string" && !Object.hasOwn(value, name))
        return `${place.path}: ${name} is missing`;
    }
    const properties = own(schema, "properties");
    const others = own(schema, "patternProperties")
      ? undefined
      : own(schema, "additionalProperties");
    for (const [name, member] of Object.entries(value)) {
      const told = isObject(properties) && Object.hasOwn(properties, name);
      const inner = { path: `${place.path}.${name}`, depth: place.depth + 1 };
      const wrong = this.mismatch(told ? properties[name] : others, member, inner);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #wrongItems(schema: JsonObject, value: unknown, place: Place): string | undefined {
    if (!Array.isArray(value)) return undefined;
    const first = listOf(own(schema, "prefixItems"));
    const others = own(schema, "items");
    for (const [i, item] of value.entries()) {
      const inner = { path: `${place.path}[${i}]`, depth: place.depth + 1 };
      const wrong = this.mismatch(i < first.length ? first[i] : others, item, inner);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #wrongCombination(schema: JsonObject, value: unknown, place: Place): string | undefined {
    const inner = { path: place.path, depth: place.depth + 1 };
    const reference = own(schema, "$ref");
    if (typeof reference === "string") {
      const wrong = this.mismatch(this.#referred(reference), value, inner);
      if (wrong !== undefined) return wrong;
    }
    for (const every of listOf(own(schema, "allOf"))) {
      const wrong = this.mismatch(every, value, inner);
      if (wrong !== undefined) return wrong;
    }
    // That two of `oneOf` match is a fault of the schema more often than of the answer.
    for (const keyword of ["anyOf", "oneOf"]) {
      const either = listOf(own(schema, keyword));
      const matches = either.some((one) => this.mismatch(one, value, inner) === undefined);
      if (either.length > 0 && !matches) return `${place.path}: expected one of ${keyword}`;
    }
    return undefined;
  }

  /** What a reference inside of this schema leads to; `undefined`, which allows everything, if nothing. */
  #referred(reference: string): unknown {
    if (!reference.startsWith("#")) return undefined;
    let found: unknown = this.#root;
    for (const step of reference.slice(1).split("/").slice(1)) {
      const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
      found = isObject(found) ? own(found, name) : undefined;
    }
    return found;
  }
}

function wrongType(schema: JsonObject, value: unknown, path: string): string | undefined {
  const told = own(schema, "type");
  const types = (Array.isArray(told) ? (told as readonly unknown[]) : [told]).filter(
    (type) => typeof type === "string",
  );
  if (types.length === 0 || types.some((type) => isOfType(type.toLowerCase(), value)))
    return undefined;
  return `${path}: expected ${types.join(" or ")}`;
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case "object":
      return isObject(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    case "string":
    case "number":
    case "boolean":
      return typeof value === type;
    default:
      // A type that JSON Schema does not have allows everything.
      return true;
  }
}

type Measured = "number" | "string" | "array" | "object";

const isBelow = (is: number, bound: number): boolean => is < bound;
const isAbove = (is: number, bound: number): boolean => is > bound;

const BOUNDS: readonly {
  readonly keyword: string;
  readonly on: Measured;
  readonly isWrong: (is: number, bound: number) => boolean;
}[] = [
  { keyword: "minimum", on: "number", isWrong: isBelow },
  { keyword: "maximum", on: "number", isWrong: isAbove },
  { keyword: "exclusiveMinimum", on: "number", isWrong: (is, bound) => is <= bound },
  { keyword: "exclusiveMaximum", on: "number", isWrong: (is, bound) => is >= bound },
  { keyword: "minLength", on: "string", isWrong: isBelow },
  { keyword: "maxLength", on: "string", isWrong: isAbove },
  { keyword: "minItems", on: "array", isWrong: isBelow },
  { keyword: "maxItems", on: "array", isWrong: isAbove },
  { keyword: "minProperties", on: "object", isWrong: isBelow },
  { keyword: "maxProperties", on: "object", isWrong: isAbove },
];

function sizeOf(value: unknown): { readonly of: Measured; readonly is: number } | undefined {
  if (typeof value === "number") return { of: "number", is: value };
  if (typeof value === "string") return { of: "string", is: codePointsOf(value) };
  if (Array.isArray(value)) return { of: "array", is: value.length };
  return isObject(value) ? { of: "object", is: Object.keys(value).length } : undefined;
}

/** JSON Schema measures text in code points. */
function codePointsOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member that the schema itself has: an inherited one is none. */
function own(schema: JsonObject, name: string): unknown {
  return Object.hasOwn(schema, name) ? schema[name] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
