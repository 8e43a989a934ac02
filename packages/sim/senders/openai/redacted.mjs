// Content and its redaction, as `docs/send/sdk.md` has it.
import { observe, start } from "@naruko/sdk";
import OpenAI from "openai";
import process from "node:process";

const running = start({
  serviceName: "shop",
  captureContent: true,
  redact: (text) => text.replaceAll(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, "<mail>"),
});

const openai = observe(new OpenAI());
const messages = [{ role: "user", content: "Who is taro@example.co.jp?" }];
await openai.chat.completions.create({ model: "gpt-5.1", messages });

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    // Then nobody listens any more: the process ends by the signal, as its parent expects.
    void running.shutdown().then(() => process.kill(process.pid, signal));
  });
}

// A server, which goes on.
setInterval(() => undefined, 1000);
process.kill(process.pid, "SIGTERM");
