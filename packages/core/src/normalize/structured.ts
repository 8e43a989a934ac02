/** What is read of structured values, whether they came as JSON or as an attribute's map. */

const MAX_JSON_DEPTH = 64;

/** A member of a structured value; `undefined` where it is none, or has no such member. */
export function memberOf(value: unknown, name: string): unknown {
  if (value instanceof Map) return (value as ReadonlyMap<string, unknown>).get(name);
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** The first of some members that is there and not null. */
export function firstMember(value: unknown, names: readonly string[]): unknown {
  for (const name of names) {
    const member = memberOf(value, name);
    if (member !== undefined && member !== null) return member;
  }
  return undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** A structured value as the text that it would be in JSON; text stays as it is. */
export function jsonText(value: unknown): string {
  if (typeof value === "string") return value;
  if (isDeep(value, 0)) return "";
  return JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Map ? Object.fromEntries(inner as ReadonlyMap<string, unknown>) : inner,
  );
}

/** Writing JSON recurses, so its depth is bounded before. */
function isDeep(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth > MAX_JSON_DEPTH) return true;
  const inner: Iterable<unknown> = value instanceof Map ? value.values() : Object.values(value);
  for (const item of inner) if (isDeep(item, depth + 1)) return true;
  return false;
}
