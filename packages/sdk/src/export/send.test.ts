import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import test from "node:test";
import { send } from "./send.ts";

/** Sends a request, and says what holds its process as soon as it is asked. */
const PROGRAM = `
  import { send } from ${JSON.stringify(new URL("send.ts", import.meta.url).href)};
  void send({ url: new URL(process.argv[1]), headers: {}, body: "{}" });
  process.stdin.once("data", () => {
    console.log(JSON.stringify(process.getActiveResourcesInfo()));
    process.stdin.destroy();
  });
`;

test("a request that nobody answers holds no process", async (t) => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const args = ["--input-type=module", "--eval", PROGRAM, `http://127.0.0.1:${port}/v1/traces`];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const closed = once(child, "close");
  // It has arrived, and is never answered.
  await once(server, "request");
  child.stdin.write("now");
  const [code] = (await closed) as readonly unknown[];
  assert.equal(code, 0);
  const holding = JSON.parse(printed) as readonly string[];
  assert.deepEqual(
    holding.filter((resource) => resource.startsWith("TCP")),
    [],
  );
});

/** A header that Node refuses to send: what made it will not change. */
const HEADERS: Readonly<Record<string, string>>[] = [
  { authorization: "Bearer a\nb" },
  { authorization: "鳴子" },
  { "two words": "a" },
  { "": "a" },
];

for (const headers of HEADERS) {
  test(`headers that cannot be sent are refused: ${JSON.stringify(headers)}`, async () => {
    const url = new URL("http://127.0.0.1:9/");
    assert.equal(await send({ url, headers, body: "{}" }), "refused");
  });
}

test("nobody there, and no such host, are worth another try", async () => {
  for (const address of ["http://127.0.0.1:9/", "http://no-such-host.invalid/"]) {
    assert.equal(await send({ url: new URL(address), headers: {}, body: "{}" }), "later");
  }
});
