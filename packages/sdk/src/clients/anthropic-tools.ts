import { type AgentRun, beginAgentRun } from "../agent.ts";
import { errorTypeOf, isCancellation } from "../error-type.ts";
import { quietly } from "../faults.ts";
import { applicationTraces } from "../telemetry.ts";
import { observedTool } from "../tool.ts";
import { type Fields, fieldsOf, isFields, isMethod, listOf, textOf } from "../unknown.ts";
import { copyWith } from "./copy-with.ts";
import { replaceMethod } from "./replace-method.ts";
import { clientOf, destinationOf } from "./server.ts";

/**
 * Observes `beta.messages.toolRunner(body, options)`: its loop as an agent, and the tools that it runs.
 * The requests that it makes are observed where all others are.
 */
export function observeToolRunner(messages: unknown): void {
  replaceMethod(
    messages,
    "toolRunner",
    (original) =>
      function run(body, ...rest) {
        const tells = quietly(() => tellsItself(this)) ?? true;
        const asked = tells ? body : (quietly(() => withObservedTools(body)) ?? body);
        const runner = Reflect.apply(original, this, [asked, ...rest]);
        if (!tells) quietly(() => observeLoop(runner, this, fieldsOf(body)));
        return runner;
      },
  );
}

/** From version 1.12 on, the client tells its loops and tools to an application's own tracer. */
function tellsItself(messages: unknown): boolean {
  return isFields(clientOf(messages)["_tracer"]) && applicationTraces();
}

function withObservedTools(body: unknown): unknown {
  if (!isFields(body) || !Array.isArray(body["tools"])) return body;
  return { ...body, tools: listOf(body["tools"]).map((tool) => toolWith(fieldsOf(tool))) };
}

function toolWith(tool: Fields): Fields {
  const { run, name, description } = tool;
  const known = textOf(name);
  if (!isMethod(run) || known === undefined) return tool;
  const observed = observedTool({ name: known, description: textOf(description) }, run);
  return copyWith(tool, "run", observed);
}

/** Whatever reads a runner, awaiting it included, goes by its one iterator. */
function observeLoop(runner: unknown, messages: unknown, body: Fields): void {
  if (!isFields(runner)) return;
  const iterate: unknown = Reflect.get(runner, Symbol.asyncIterator);
  if (!isMethod(iterate)) return;
  const value = function loop(this: unknown): unknown {
    const steps: unknown = Reflect.apply(iterate, runner, []);
    quietly(() => {
      const { provider } = destinationOf(messages, "anthropic");
      const run = beginAgentRun({ provider, model: textOf(body["model"]) });
      if (run !== undefined) observeSteps(steps, run);
    });
    return steps;
  };
  Object.defineProperty(runner, Symbol.asyncIterator, {
    value,
    configurable: true,
    writable: true,
  });
}

/** Each step of the loop lies within the run, which ends with the last one, or when the loop is left. */
function observeSteps(steps: unknown, run: AgentRun): void {
  for (const name of ["next", "return", "throw"]) {
    replaceMethod(
      steps,
      name,
      (original) =>
        function step(...args) {
          const taken = run.within(() => Reflect.apply(original, this, args));
          return taken instanceof Promise ? taken.then(...endings(run)) : taken;
        },
    );
  }
}

function endings(run: AgentRun): readonly [(step: unknown) => unknown, (error: unknown) => never] {
  return [
    (step) => {
      if (fieldsOf(step)["done"] === true) run.end(undefined);
      return step;
    },
    (error) => {
      run.end(isCancellation(error) ? undefined : errorTypeOf(error));
      throw error;
    },
  ];
}
