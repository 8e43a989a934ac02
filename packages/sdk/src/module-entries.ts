/** The file by which a package is loaded, and the package's name. */
export type ModuleEntry = { readonly name: string; readonly file: RegExp };

/** Packages whose clients are observed as soon as they are loaded. */
export const MODULE_ENTRIES: readonly ModuleEntry[] = [
  { name: "openai", file: /\/node_modules\/openai\/index\.m?js$/ },
];

/** Where loaded packages are announced; what is appended to their files calls it. */
export const ANNOUNCE: unique symbol = Symbol.for("naruko.sdk.announce");

/**
 * What is appended to a package's entry, so that it announces itself once it is loaded; `undefined`
 * for any other file.
 */
export function announcement(url: string, format: string | null | undefined): string | undefined {
  const entry = MODULE_ENTRIES.find(({ file }) => file.test(url));
  if (entry === undefined) return undefined;
  const name = JSON.stringify(entry.name);
  const announce = 'globalThis[Symbol.for("naruko.sdk.announce")]';
  if (format === "module") {
    return `\n;import * as __narukoSelf from ${JSON.stringify(url)};${announce}?.(${name}, __narukoSelf);\n`;
  }
  return format === "commonjs" ? `\n;${announce}?.(${name}, module.exports);\n` : undefined;
}
