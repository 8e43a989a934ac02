/**
 * A value as Go's templates see it. The primitives carry their Go type: a bigint is an int, a number
 * a float64; `undefined` is Go's nil (and, printed, `<no value>`).
 */
export type GoValue =
  | undefined
  | string
  | boolean
  | number
  | bigint
  | GoMap
  | GoList
  | GoStruct
  | GoTime
  | GoDuration
  | GoNamedInt;

export type GoMap = {
  readonly kind: "map";
  readonly type: string;
  /** What an absent key gives. */
  readonly zero: GoValue;
  readonly entries: ReadonlyMap<string, GoValue>;
};

export type GoList = {
  readonly kind: "list";
  readonly type: string;
  readonly items: readonly GoValue[];
};

export type GoStruct = {
  readonly kind: "struct";
  /** Begins with `*` where it is a pointer. */
  readonly type: string;
  readonly fields: ReadonlyMap<string, GoValue>;
};

/** `*time.Time`, in UTC; whole milliseconds since 1970. */
export type GoTime = { readonly kind: "time"; readonly ms: number };

/** `*time.Duration` in nanoseconds. */
export type GoDuration = { readonly kind: "duration"; readonly ns: bigint };

/** An int that has a name: a month, a weekday. */
export type GoNamedInt = {
  readonly kind: "named-int";
  readonly type: string;
  readonly value: bigint;
  readonly name: string;
};

/** Label names to values, as `.Labels` holds them. */
export function stringMap(entries: Iterable<readonly [string, string]>): GoMap {
  return { kind: "map", type: "map[string]string", zero: "", entries: new Map(entries) };
}

/** Names a value's type as Go does. */
export function typeOf(value: GoValue): string {
  if (value === undefined) return "<nil>";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "float64";
  if (typeof value === "bigint") return "int";
  if (value.kind === "time") return "*time.Time";
  return value.kind === "duration" ? "*time.Duration" : value.type;
}

/** Go's truth: what is not empty, zero, false or nil. */
export function isTrue(value: GoValue): boolean {
  // NaN is not zero, hence true.
  if (typeof value === "number") return value !== 0;
  if (typeof value !== "object") return Boolean(value);
  if (value.kind === "map") return value.entries.size > 0;
  if (value.kind === "list") return value.items.length > 0;
  return value.kind !== "named-int" || value.value !== 0n;
}

/** Map keys in the order in which Go prints and ranges over them. */
export function sortedKeys(map: GoMap): readonly string[] {
  return [...map.entries.keys()].toSorted();
}
