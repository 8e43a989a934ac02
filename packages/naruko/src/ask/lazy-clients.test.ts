import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import { promisify } from "node:util";

/** Says which modules are looked for while the server is loaded, and while a judge is made. */
const SCRIPT = `
  import { registerHooks } from "node:module";
  const looked = [];
  registerHooks({ resolve: (name, context, next) => (looked.push(name), next(name, context)) });
  await import("naruko/drive/server");
  const { JudgeEndpoint } = await import("naruko/ask/judge-endpoint");
  new JudgeEndpoint(
    { provider: "openai", baseUrl: "http://127.0.0.1", headers: {}, query: {} },
    { clock: {}, tell: () => undefined },
  );
  console.log(JSON.stringify(looked));
`;

test("clients are not loaded before the judge is asked", async () => {
  const args = ["--conditions=source", "--input-type=module", "--eval", SCRIPT];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const looked = JSON.parse(stdout) as readonly string[];
  assert.ok(looked.includes("naruko/ask/judge-endpoint"));
  const clients = looked.filter((name) => /^(?:openai|@anthropic-ai)/.test(name));
  assert.deepEqual(clients, []);
});
