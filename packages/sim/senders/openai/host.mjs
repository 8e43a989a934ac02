// An application that knows nothing of being observed, and whose telemetry may have nowhere to go.
// Started with `--import @naruko/sdk/register`. It prints what it saw, and ends by itself.
import OpenAI from "openai";
import process from "node:process";

const {
  HOST_URL: baseURL,
  HOST_CALLS: calls = "1",
  HOST_THROWS: throws,
  HOST_EXITS: code,
} = process.env;
process.on("unhandledRejection", (reason) => {
  process.stdout.write(`unhandled ${String(reason)}\n`);
});

const openai = new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "What is heard?" }];
for (let call = 0; call < Number(calls); call++) {
  const { choices } = await openai.chat.completions.create({ model: "gpt-5.1", messages });
  if (call === 0) process.stdout.write(`saw ${choices[0].message.content}\n`);
}
process.stdout.write("done\n");
if (code !== undefined) process.exit(Number(code));
if (throws !== undefined) throw new Error(throws);
