// An endpoint of OpenAI's wire format on a free port, and calls with something to judge.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import type { EpochMs } from "@naruko/core/model/time";
import { chatSpan, type LineSpan } from "./span-line.ts";

export type JudgingEndpoint = {
  readonly url: string;
  /** What each request said that was answered. */
  readonly asked: readonly string[];
};

const LABELS = { faithfulness: "supported", relevance: "relevant", safety: "safe" } as const;

/** Finds everything good, for 1,000 tokens in and 100 out; the first `full` requests find it full. */
export async function judgingEndpoint(t: TestContext, full = 0): Promise<JudgingEndpoint> {
  const asked: string[] = [];
  let refused = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (refused < full) {
        refused++;
        response.writeHead(429, { "retry-after-ms": "1", "retry-after": "0" }).end("{}");
        return;
      }
      const said = Buffer.concat(parts).toString();
      asked.push(said);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(answerTo(said)));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}

function answerTo(request: string): object {
  const { messages } = JSON.parse(request) as {
    readonly messages: readonly { readonly content: string }[];
  };
  const said = messages.map(({ content }) => content).join("\n");
  const [, boundary] = /"boundary": "([a-z0-9]+)"/.exec(said) ?? [];
  const asked = Object.entries(LABELS).filter(([name]) => said.includes(`## ${name}\n`));
  const verdicts = asked.map(([name, label]) => [name, { explanation: "", label, score: 1 }]);
  const content = JSON.stringify({ boundary, verdicts: Object.fromEntries(verdicts) as object });
  return {
    model: "own",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
    usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
  };
}

/** A chat call with its question and its answer. */
export function saidSpan(endAt: EpochMs): LineSpan {
  const span = chatSpan(endAt, "gpt-4o");
  const texts = {
    "gen_ai.input.messages": messageOf("user", "Is the sky blue?"),
    "gen_ai.output.messages": messageOf("assistant", "It is blue, on a clear day at noon."),
  };
  return { ...span, attributes: { ...span.attributes, ...texts } };
}

function messageOf(role: string, content: string): string {
  return JSON.stringify([{ role, parts: [{ type: "text", content }], finish_reason: "stop" }]);
}
