// `node --import @naruko/sdk/register app.js`: observes every client that is made, with no change to
// the application. Settings are those of the environment; a later `start` replaces them.
import module from "node:module";
import { observeAnthropicClass } from "./clients/anthropic.ts";
import { observeBedrockClass } from "./clients/bedrock.ts";
import { observeGoogleGenAiModule } from "./clients/google-genai.ts";
import { observeOpenAiClass } from "./clients/openai.ts";
import { quietly } from "./faults.ts";
import { ANNOUNCE, announcement, packageOf } from "./module-entries.ts";
import { withAnnouncement } from "./register-hooks.ts";
import { startProvisionally } from "./start.ts";
import { type Fields, fieldsOf, isMethod } from "./unknown.ts";

/** What is done with a package once it is loaded, by its name. */
const OBSERVERS: Readonly<Record<string, (exports: Fields) => void>> = {
  openai: ({ OpenAI, default: main }) => {
    observeOpenAiClass(OpenAI ?? main);
  },
  "@anthropic-ai/sdk": ({ Anthropic, default: main }) => {
    observeAnthropicClass(Anthropic ?? main);
  },
  "@google/genai": observeGoogleGenAiModule,
  "@aws-sdk/client-bedrock-runtime": ({ BedrockRuntimeClient: client }) => {
    observeBedrockClass(client);
  },
};

function announce(name: unknown, exports: unknown): void {
  quietly(() => {
    if (typeof name === "string") OBSERVERS[name]?.(fieldsOf(exports));
  });
}

function followImports(): void {
  if (isMethod(module.registerHooks)) {
    module.registerHooks({
      load: (url, context, nextLoad) => {
        const loaded = nextLoad(url, context);
        const appended = announcement(url, loaded.format);
        if (appended === undefined || loaded.source == null) return loaded;
        return { ...loaded, source: withAnnouncement(loaded.source, appended) };
      },
    });
    return;
  }
  module.register("./register-hooks.js", import.meta.url);
}

/** CommonJS, by `require` or by `import`: its source is not seen by the hooks of every Node. */
function followRequires(): void {
  const name = "_load";
  const original: unknown = Reflect.get(module.Module, name);
  if (!isMethod(original)) return;
  Reflect.set(module.Module, name, function load(this: unknown, ...args: unknown[]): unknown {
    const exports = Reflect.apply(original, this, args);
    quietly(() => {
      const [request] = args;
      if (typeof request === "string") announce(packageOf(request), exports);
    });
    return exports;
  });
}

Reflect.set(globalThis, ANNOUNCE, announce);
quietly(followImports);
quietly(followRequires);
startProvisionally();
