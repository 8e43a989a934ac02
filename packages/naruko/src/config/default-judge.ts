import type { LoadedConfig } from "./config.ts";
import { judge as judgeSchema } from "./judge-schema.ts";

/** Whom a judge is taken to be where none is configured: the example of the article. */
export const EXAMPLE_MODEL = "gpt-4o-mini";

/** The configuration with its own judge, or with one at the default settings that is never asked. */
export function withSomeJudge(loaded: LoadedConfig): LoadedConfig {
  if (loaded.config.judge !== undefined) return loaded;
  const judge = judgeSchema.parse({ endpoint: { model: EXAMPLE_MODEL, api_key: "unused" } });
  return { ...loaded, config: { ...loaded.config, judge } };
}
