import type { Fields } from "../unknown.ts";

/** A copy with another field, hidden fields included: by these the client knows its own tools. */
export function copyWith(fields: Fields, name: string, value: unknown): Fields {
  const descriptors = Object.getOwnPropertyDescriptors(fields);
  const enumerable = descriptors[name]?.enumerable ?? true;
  const replaced = { value, enumerable, configurable: true, writable: true };
  return Object.create(Reflect.getPrototypeOf(fields), {
    ...descriptors,
    [name]: replaced,
  }) as Fields;
}
