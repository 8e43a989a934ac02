import assert from "node:assert/strict";
import test from "node:test";
import { epochMs } from "@naruko/core/model/time";
import type { Sources } from "../listen/sources-api.ts";
import { diagnose } from "./diagnose.ts";

const NOTHING: Sources = {
  version: "1",
  startedAt: epochMs(0),
  now: epochMs(1),
  skewMs: 0,
  otlpUrl: "http://127.0.0.1:4318",
  needsToken: false,
  received: { traces: 1 },
  ignored: {},
  rejected: {},
  refusedRequests: {},
  services: [],
  receivers: [{ name: "team webhook/0", delivered: 3, failed: 1, refused: 0 }],
  sources: [],
};

/** What is said of a server, without what is fine. */
function saidOf(sources: Partial<Sources>): readonly string[] {
  return diagnose({ ...NOTHING, ...sources })
    .filter(({ level }) => level !== "fine")
    .map(({ level, about, says, mend }) => `${level} ${about}: ${says} → ${mend}`);
}

const rows: readonly (readonly [string, Partial<Sources>, readonly RegExp[]])[] = [
  ["all is well", {}, []],
  [
    "texts of log records came too late",
    { ignored: { "waiting-text-expired": 2 } },
    [/^missing content: .* 2 calls .*OTEL_BLRP_SCHEDULE_DELAY=500/],
  ],
  ["the clock was set back", { skewMs: 5000 }, [/^wrong clock: .* by 5.0 s/]],
  ["nobody is told", { receivers: [] }, [/^missing receivers: nobody is told of alerts/]],
  [
    "a receiver refuses",
    { receivers: [{ name: "team webhook/0", delivered: 3, failed: 0, refused: 1 }] },
    [/^wrong receivers: team webhook\/0: 3 messages delivered, 0 tries failed, 1 refused for good/],
  ],
  [
    "a receiver never answered",
    { receivers: [{ name: "Alertmanager am:9093", delivered: 0, failed: 4, refused: 0 }] },
    [/^wrong receivers: Alertmanager am:9093: 0 messages delivered, 4 tries failed/],
  ],
];
for (const [name, sources, expected] of rows) {
  test(name, () => {
    const said = saidOf(sources);
    assert.equal(said.length, expected.length, said.join("\n"));
    for (const [i, pattern] of expected.entries()) assert.match(said[i] ?? "", pattern);
  });
}
