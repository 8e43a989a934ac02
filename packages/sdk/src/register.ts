// `node --import @naruko/sdk/register app.js`: observes every client that is made, with no change to
// the application. Settings are those of the environment; a later `start` replaces them.
import module from "node:module";
import { observeOpenAiClass } from "./clients/openai.ts";
import { quietly } from "./faults.ts";
import { ANNOUNCE, announcement, MODULE_ENTRIES } from "./module-entries.ts";
import { withAnnouncement } from "./register-hooks.ts";
import { startProvisionally } from "./start.ts";
import { fieldsOf, isMethod } from "./unknown.ts";

/** What is done with a package once it is loaded, by its name. */
const OBSERVERS: Readonly<Record<string, (exports: unknown) => void>> = {
  openai: (exports) => {
    observeOpenAiClass(fieldsOf(exports)["OpenAI"] ?? fieldsOf(exports)["default"] ?? exports);
  },
};

function announce(name: unknown, exports: unknown): void {
  quietly(() => {
    if (typeof name === "string") OBSERVERS[name]?.(exports);
  });
}

function followImports(): void {
  if (isMethod(module.registerHooks)) {
    module.registerHooks({
      load: (url, context, nextLoad) => {
        const loaded = nextLoad(url, context);
        const appended = announcement(url, loaded.format);
        // Without a source the file is read by the loader of CommonJS, which announces it itself.
        if (appended === undefined || loaded.source == null) return loaded;
        return { ...loaded, source: withAnnouncement(loaded.source, appended) };
      },
    });
    return;
  }
  module.register("./register-hooks.js", import.meta.url);
}

/** Packages loaded by `require`, whose source no hook sees in every version of Node. */
function followRequires(): void {
  const names = new Set(MODULE_ENTRIES.map(({ name }) => name));
  const prototype: object = module.Module.prototype;
  const original: unknown = Reflect.get(prototype, "require");
  if (!isMethod(original)) return;
  Reflect.set(prototype, "require", function require(this: unknown, ...args: unknown[]): unknown {
    const exports = Reflect.apply(original, this, args);
    const [id] = args;
    if (typeof id === "string" && names.has(id)) announce(id, exports);
    return exports;
  });
}

Reflect.set(globalThis, ANNOUNCE, announce);
quietly(followImports);
quietly(followRequires);
startProvisionally();
