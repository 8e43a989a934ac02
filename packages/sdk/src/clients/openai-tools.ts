import { quietly } from "../faults.ts";
import { observedTool } from "../tool.ts";
import { type Fields, fieldsOf, isFields, isMethod, listOf, textOf } from "../unknown.ts";
import { copyWith } from "./copy-with.ts";
import { replaceMethod } from "./replace-method.ts";

/**
 * Observes the tools that the client runs by itself: `chat.completions.runTools(body, options)`. The
 * requests that it makes are observed where all others are.
 */
export function observeToolRuns(completions: unknown): void {
  replaceMethod(
    completions,
    "runTools",
    (original) =>
      function run(body, ...rest) {
        const asked = quietly(() => withObservedTools(body)) ?? body;
        return Reflect.apply(original, this, [asked, ...rest]);
      },
  );
}

function withObservedTools(body: unknown): unknown {
  if (!isFields(body) || !Array.isArray(body["tools"])) return body;
  return { ...body, tools: listOf(body["tools"]).map((tool) => toolWith(fieldsOf(tool))) };
}

/** A tool of either kind: with its function in its definition, or made by one of the client's helpers. */
function toolWith(tool: Fields): Fields {
  const definition = fieldsOf(tool["function"]);
  const { $callback: callback } = tool;
  const run = callback ?? definition["function"];
  if (!isMethod(run)) return tool;
  const name = textOf(definition["name"]) ?? run.name;
  const observed = observedTool({ name, description: textOf(definition["description"]) }, run);
  return callback === undefined
    ? copyWith(tool, "function", copyWith(definition, "function", observed))
    : copyWith(tool, "$callback", observed);
}
