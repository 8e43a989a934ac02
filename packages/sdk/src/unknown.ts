// Reading values whose shape is another library's affair.

export type Fields = { readonly [key: string]: unknown };

/** Whether it can have fields: an object, or a function (a class with its static ones). */
export function isFields(value: unknown): value is Fields {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** The value's fields, or none where it has none. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : NO_FIELDS;
}

const NO_FIELDS: Fields = {};

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : NO_LIST;
}

const NO_LIST: readonly unknown[] = [];

/** A text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A count as providers tell it: a whole number that is not negative. */
export function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export type Method = (this: unknown, ...args: unknown[]) => unknown;

export function isMethod(value: unknown): value is Method {
  return typeof value === "function";
}
