// An application on any runtime: it asks twice, has the answer judged, and ends as it is told to.
import { observe, recordEvaluation, start, withContext } from "@naruko/sdk";
import OpenAI from "openai";
import process from "node:process";

start({ serviceName: "host" });
const openai = observe(new OpenAI({ maxRetries: 0 }));
const body = { model: "gpt-5.1", messages: [{ role: "user", content: "What is heard?" }] };

const { id, choices } = await withContext({ conversationId: "c-1" }, () =>
  openai.chat.completions.create(body),
);
let text = "";
for await (const chunk of await openai.chat.completions.create({ ...body, stream: true })) {
  text += chunk.choices[0]?.delta.content ?? "";
}
recordEvaluation({ name: "relevance", score: 1, callId: id });
process.stdout.write(`${choices[0].message.content}\n${text}\n`);
if (process.env.HOST_EXITS !== undefined) process.exit(Number(process.env.HOST_EXITS));
