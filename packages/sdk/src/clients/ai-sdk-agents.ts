import { type AgentRun, beginAgentRun } from "../agent.ts";
import { errorTypeOf, isCancellation } from "../error-type.ts";
import { type Fields, isFields, textOf } from "../unknown.ts";
import { providerOf } from "./ai-sdk-request.ts";
import { OpenOperations } from "./open-operations.ts";

/** Operations with tools: the AI SDK asks the model, runs tools and asks again, as an agent does. */
export class OpenAgents {
  // The span of a run whose end nobody tells is never sent: its calls and tools are told without it.
  readonly #open = new OpenOperations<AgentRun>();

  begin(event: Fields): void {
    const { callId, tools } = event;
    if (!isFields(tools)) return;
    const run = beginAgentRun({
      name: textOf(event["functionId"]),
      provider: providerOf(event["provider"]),
      model: textOf(event["modelId"]),
    });
    if (run !== undefined) this.#open.set(callId, run);
  }

  /** Runs what belongs to an operation, within its agent's span where it has one. */
  within<T>(callId: unknown, run: () => T): T {
    const open = this.#open.get(callId);
    return open === undefined ? run() : open.within(run);
  }

  end({ callId }: Fields, error: unknown): void {
    const run = this.#open.take(callId);
    const failed = error !== undefined && !isCancellation(error);
    run?.end(failed ? errorTypeOf(error) : undefined);
  }
}
