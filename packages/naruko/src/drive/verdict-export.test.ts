import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type TestContext } from "node:test";
import type { Effect } from "@naruko/core/model/engine-io";
import type { Evaluation } from "@naruko/core/model/evaluation";
import { epochMs } from "@naruko/core/model/time";
import type { LoadedConfig } from "../config/config.ts";
import { readConfig } from "../config/load-config.ts";
import { parseYaml } from "../config/parse-yaml.ts";
import { telemetryOf } from "../testing/any-input.ts";
import { systemClock } from "./clock.ts";
import { VerdictExport } from "./verdict-export.ts";

async function receiver(t: TestContext): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      bodies.push(Buffer.concat(parts).toString());
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

function exportingTo(url: string | undefined): LoadedConfig {
  const text = `judge:
  endpoint: { model: m, api_key: k }
  ${url === undefined ? "" : `export: { url: "${url}" }`}
`;
  return readConfig(parseYaml("naruko.yml", text));
}

function keep(...evaluations: readonly Partial<Evaluation>[]): Effect {
  const whole = evaluations.map((fields) => {
    return { name: "safety", at: epochMs(1), service: "shop", score: 1, ...fields };
  });
  return { kind: "keep", seq: 1, at: epochMs(1), telemetry: telemetryOf([], whole) };
}

function exportOf(): VerdictExport {
  return new VerdictExport({ clock: systemClock, report: () => undefined, version: "0" });
}

test("the judge's verdicts are sent, at the latest at the stop; users' own are not", async (t) => {
  const { url, bodies } = await receiver(t);
  const verdicts = exportOf();
  verdicts.take([keep({ judge: "before" })]);
  assert.equal(verdicts.view(), undefined);
  await verdicts.use(exportingTo(url));
  verdicts.take([keep({ judge: "m/1" }, { name: "users-own" }), keep({ name: "other" })]);
  assert.equal(verdicts.view()?.waiting, 1);
  assert.equal(verdicts.lastScoreAt, 1);
  await verdicts.stop();
  assert.equal(bodies.length, 1);
  assert.match(bodies[0] ?? "", /m\/1/);
  assert.doesNotMatch(bodies[0] ?? "", /users-own|other|before/);
  assert.deepEqual([verdicts.view()?.sent, verdicts.view()?.waiting], [1, 0]);
});

test("a reload switches it; counts go on", async (t) => {
  const [one, other] = [await receiver(t), await receiver(t)];
  const verdicts = exportOf();
  await verdicts.use(exportingTo(one.url));
  verdicts.take([keep({ judge: "m/1" })]);
  await verdicts.use(exportingTo(one.url));
  assert.equal(verdicts.view()?.waiting, 1, "the same configuration changes nothing");
  await verdicts.use(exportingTo(other.url));
  assert.deepEqual([one.bodies.length, verdicts.view()?.sent], [1, 1]);
  verdicts.take([keep({ judge: "m/1" })]);
  await verdicts.use(exportingTo(undefined));
  assert.deepEqual([other.bodies.length, verdicts.view()?.sent], [1, 2]);
  verdicts.take([keep({ judge: "m/1" })]);
  assert.equal(verdicts.view()?.waiting, 0);
  await verdicts.stop();
});

test("what cannot be sent at the stop is counted as dropped", async () => {
  const verdicts = exportOf();
  await verdicts.use(exportingTo("http://127.0.0.1:1"));
  verdicts.take([keep({ judge: "m/1" }, { judge: "m/1", name: "relevance" })]);
  await verdicts.stop();
  assert.deepEqual([verdicts.view()?.sent, verdicts.view()?.dropped], [0, 2]);
});
