import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { HistoryTally } from "./history-tally.ts";
import { otlpLines } from "./otlp-lines.ts";

const RECORDED = new URL(
  "../../../core/src/normalize/dialects/recorded/instrumentation-openai-0.22.0.json",
  import.meta.url,
);
const { logs, traces } = JSON.parse(readFileSync(RECORDED, "utf8")) as Record<string, unknown>;

async function textsOf(lines: readonly unknown[], waitingTextLength: number): Promise<unknown[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-lines-"));
  try {
    const file = path.join(folder, "lines.jsonl");
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const context = { limits: { ...DEFAULT_LIMITS, waitingTextLength } };
    const texts: unknown[] = [];
    const tally = new HistoryTally(assert.fail);
    for await (const { telemetry } of otlpLines(file, { context, tally })) {
      texts.push(...telemetry.calls.map(({ text }) => text?.input));
    }
    return texts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("what log records said comes to the calls of later lines, as far as there is room", async () => {
  const nothing = [undefined, undefined, undefined, undefined, undefined];
  const said = ["chat", "chat, streamed", "chat, 429", "responses", undefined];
  assert.deepEqual(await textsOf([logs, traces], 1000), said);
  assert.deepEqual(await textsOf([traces, logs], 1000), nothing);
  assert.deepEqual(await textsOf([logs, traces], 0), nothing);
});
