import { isFields, isMethod, type Method } from "../unknown.ts";

/** Shared by all copies of this package, so that no method is wrapped twice. */
const OBSERVED = Symbol.for("naruko.sdk.observed");

/**
 * Replaces a method of an object or of a class's prototype, once. Name, length and whether it is
 * listed among the object's fields stay what they are.
 */
export function replaceMethod(
  holder: unknown,
  name: string,
  around: (original: Method) => Method,
): void {
  if (!isFields(holder)) return;
  const original = holder[name];
  if (!isMethod(original) || OBSERVED in original) return;
  const value = around(original);
  Object.defineProperties(value, {
    name: { value: original.name, configurable: true },
    length: { value: original.length, configurable: true },
    [OBSERVED]: { value: true },
  });
  // Methods of classes are not listed.
  const enumerable = Object.getOwnPropertyDescriptor(holder, name)?.enumerable ?? false;
  Object.defineProperty(holder, name, { value, enumerable, configurable: true, writable: true });
}
