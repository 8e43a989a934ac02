import { type Attributes, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { withinSpan } from "./active-span.ts";
import { parsedJson, valueAttribute } from "./content.ts";
import { addContext } from "./context.ts";
import { ATTRIBUTE } from "./conventions.ts";
import { errorTypeOf } from "./error-type.ts";
import { quietly } from "./faults.ts";
import { settings } from "./settings.ts";
import { telemetry } from "./telemetry.ts";
import type { Method } from "./unknown.ts";

/** A tool that a client runs by itself, as the model asks for it. */
export type Tool = {
  readonly name: string;
  readonly description?: string | undefined;
  /** The model's own id of the call for it. */
  readonly callId?: string | undefined;
};

/** One execution of a tool, begun and ended once. */
type Execution = {
  readonly within: <T>(run: () => T) => T;
  readonly end: (outcome: Outcome) => void;
};

type Outcome = { readonly result: unknown } | { readonly error: unknown };

/** A tool's function that tells each execution; what it returns and throws stays what it is. */
export function observedTool(tool: Tool, original: Method): Method {
  const observed: Method = function execute(...args) {
    const execution = quietly(() => begin(tool, args[0]));
    if (execution === undefined) return Reflect.apply(original, this, args);
    let returned: unknown;
    try {
      returned = execution.within(() => Reflect.apply(original, this, args));
    } catch (error) {
      execution.end({ error });
      throw error;
    }
    if (!(returned instanceof Promise)) {
      execution.end({ result: returned });
      return returned;
    }
    return returned.then(
      (result: unknown) => {
        execution.end({ result });
        return result;
      },
      (error: unknown) => {
        execution.end({ error });
        throw error;
      },
    );
  };
  // Clients take the function's name for the tool's where none is given.
  return Object.defineProperty(observed, "name", { value: original.name, configurable: true });
}

function begin({ name, description, callId }: Tool, argument: unknown): Execution | undefined {
  const told = telemetry();
  if (told === undefined) return undefined;
  const startedMs = performance.now();
  const startedAt = Date.now();
  const labels: Attributes = { "gen_ai.tool.name": name, "gen_ai.tool.type": "function" };
  const attributes: Attributes = { [ATTRIBUTE.operation]: "execute_tool", ...labels };
  if (description !== undefined) attributes["gen_ai.tool.description"] = description;
  if (callId !== undefined) attributes["gen_ai.tool.call.id"] = callId;
  addContext(attributes);
  const span = told.tracer.startSpan(`execute_tool ${name}`, {
    kind: SpanKind.INTERNAL,
    startTime: startedAt,
    attributes,
  });
  const end = (outcome: Outcome): void => {
    const error = errorOf(outcome);
    const durationMs = performance.now() - startedMs;
    if ("error" in outcome) span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttributes({ ...error, ...quietly(() => contentOf(argument, outcome)) });
    span.end(startedAt + durationMs);
    told.instruments.tool(durationMs / 1000, { ...labels, ...error });
  };
  return {
    within: (run) => withinSpan(span, run),
    end: (outcome) => {
      quietly(() => {
        end(outcome);
      });
    },
  };
}

function errorOf(outcome: Outcome): Attributes {
  return "error" in outcome ? { [ATTRIBUTE.errorType]: errorTypeOf(outcome.error) } : {};
}

/** What the tool was told and said, where content is captured. */
function contentOf(argument: unknown, outcome: Outcome): Attributes {
  const { capture, redact } = settings();
  // The conventions have no event of tools.
  if (!capture.spans) return {};
  const content: Attributes = {};
  const add = (attribute: string, value: unknown): void => {
    if (value !== undefined) content[attribute] = valueAttribute(attribute, value, redact);
  };
  add("gen_ai.tool.call.arguments", parsedJson(argument));
  if ("result" in outcome) add("gen_ai.tool.call.result", outcome.result);
  return content;
}
