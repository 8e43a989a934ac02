/** The file by which a package is loaded, and the package's name. */
export type ModuleEntry = { readonly name: string; readonly file: RegExp };

/** Packages whose clients are observed as soon as they are loaded. */
export const MODULE_ENTRIES: readonly ModuleEntry[] = [
  { name: "openai", file: /\/node_modules\/openai\/index\.m?js$/ },
  { name: "@anthropic-ai/sdk", file: /\/node_modules\/@anthropic-ai\/sdk\/index\.m?js$/ },
  { name: "@google/genai", file: /\/node_modules\/@google\/genai\/dist\/node\/index\.[cm]js$/ },
  {
    name: "@aws-sdk/client-bedrock-runtime",
    file: /\/node_modules\/@aws-sdk\/client-bedrock-runtime\/dist-cjs\/index\.js$/,
  },
];

/** The package that is meant by what was asked for: its name, or the file that it is loaded by. */
export function packageOf(request: string): string | undefined {
  const path = request.replaceAll("\\", "/");
  return MODULE_ENTRIES.find(({ name, file }) => name === request || file.test(path))?.name;
}

/** Where loaded packages are announced; what is appended to their files calls it. */
export const ANNOUNCE: unique symbol = Symbol.for("naruko.sdk.announce");

/**
 * What is appended to a package's entry, so that it announces itself once it is loaded; `undefined`
 * for any other file, and for CommonJS, which is announced where it is required.
 */
export function announcement(url: string, format: string | null | undefined): string | undefined {
  const entry = MODULE_ENTRIES.find(({ file }) => file.test(url));
  if (entry === undefined || format !== "module") return undefined;
  const name = JSON.stringify(entry.name);
  const announce = 'globalThis[Symbol.for("naruko.sdk.announce")]';
  const self = JSON.stringify(url);
  return `\n;import * as __narukoSelf from ${self};${announce}?.(${name}, __narukoSelf);\n`;
}
