// The class of OpenAI's client, for the programs of `bench:sdk`: one version for all of them, as
// `require` loads it, which every instrumentation can patch.
import { createRequire } from "node:module";

const require = createRequire(new URL("contrib-openai/bench.mjs", import.meta.url));

/** A copy of its own, so that one may be instrumented and another not. */
export function loadClient() {
  for (const file of Object.keys(require.cache)) {
    if (/[\\/]node_modules[\\/]openai[\\/]/.test(file)) delete require.cache[file];
  }
  return require("openai").OpenAI;
}
