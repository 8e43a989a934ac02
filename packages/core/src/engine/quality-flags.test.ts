import assert from "node:assert/strict";
import test from "node:test";
import { parseYaml } from "../../../naruko/src/config/parse-yaml.ts";
import type { EngineSetup, InputBody } from "../model/engine-io.ts";
import { labelValue } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { DAY_MS, epochMs, SECOND_MS } from "../model/time.ts";
import { START } from "../testing/records.ts";
import { Engine, type EngineOptions } from "./engine.ts";
import { takeExport } from "./intake.ts";

const OPTIONS: EngineOptions = {
  intervalMs: 15 * SECOND_MS,
  limits: DEFAULT_LIMITS,
  parseYaml: (name, text) => parseYaml(name, text, "rule-file"),
};
const SETUP: EngineSetup = { ruleFiles: [], alertmanagers: [], externalUrl: "", sources: {} };

type Values = Readonly<Record<string, string | number>>;

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, "0");

/** Sends spans as bytes of OTLP, and reads what is counted. */
class Sender {
  #engine = new Engine(OPTIONS);
  #at = START;
  #seq = 0;
  #spans = 0;

  constructor() {
    this.#apply({ kind: "reload", setup: SETUP });
  }

  send(...all: readonly Values[]): void {
    const spans = all.map((values) => this.#span(values));
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const context = { at: this.#at, maxAheadMs: 0, limits: DEFAULT_LIMITS };
    const taken = takeExport("traces", new TextEncoder().encode(body), "json", context);
    for (const call of taken.telemetry.calls) assert.ok(!("facts" in call));
    this.#apply({ kind: "telemetry", telemetry: taken.telemetry });
  }

  dayPasses(): void {
    this.#at = epochMs(this.#at + DAY_MS);
  }

  restart(): void {
    this.#engine = Engine.load(this.#engine.save(), OPTIONS);
  }

  /** As a program that knew no habits would have left it. */
  restartFromOlder(): void {
    const snapshot = this.#engine.save();
    const { lengths: _lengths, ...state } = JSON.parse(snapshot.state) as Record<string, unknown>;
    this.#engine = Engine.load({ ...snapshot, state: JSON.stringify(state) }, OPTIONS);
  }

  /** Counts of the next tick, by flag. */
  flags(): Readonly<Record<string, number>> {
    this.#at = epochMs(this.#at + OPTIONS.intervalMs);
    const steps = this.#engine.advance({ seq: ++this.#seq, at: this.#at, kind: "tick" });
    while (steps.next().done !== true);
    const matchers = [{ name: "__name__", op: "=", value: "naruko_quality_flag_total" }] as const;
    const from = epochMs(this.#at - 1000);
    const found = this.#engine.readerAt(this.#at).select(matchers, from, this.#at);
    return Object.fromEntries(
      found.map(({ labels, values }) => [labelValue(labels, "flag"), Number(values.at(-1))]),
    );
  }

  #apply(body: Exclude<InputBody, { kind: "tick" }>): void {
    this.#engine.apply({ seq: ++this.#seq, at: this.#at, ...body });
  }

  #span(values: Values): object {
    this.#spans++;
    return {
      traceId: hex(this.#spans, 32),
      spanId: hex(this.#spans, 16),
      name: "chat m",
      startTimeUnixNano: `${this.#at - 1000}000000`,
      endTimeUnixNano: `${this.#at}000000`,
      attributes: Object.entries({ "gen_ai.operation.name": "chat", ...values }).map(
        ([key, value]) => ({
          key,
          value: typeof value === "number" ? { intValue: value } : { stringValue: value },
        }),
      ),
    };
  }
}

const said = (content: string): string =>
  JSON.stringify([{ role: "assistant", parts: [{ type: "text", content }] }]);

test("what a call says raises flags that are counted, whether or not its text is kept", () => {
  const sender = new Sender();
  sender.send(
    { "gen_ai.output.messages": said("All is well.") },
    { "gen_ai.output.messages": said("\u200b ") },
    { "gen_ai.response.finish_reasons": "length" },
    { "gen_ai.response.finish_reasons": "length", "gen_ai.output.messages": said("All is") },
  );
  assert.deepEqual(sender.flags(), { empty: 1, "cut-off": 2 });
});

const answer = (tokens: number): Values => ({
  "gen_ai.usage.output_tokens": tokens + 1000,
  "gen_ai.usage.reasoning.output_tokens": 1000,
});

test("an answer out of its segment's habit is flagged, also after a restart", () => {
  const sender = new Sender();
  for (let i = 0; i < 300; i++) sender.send(answer(100 + (i % 20)));
  sender.dayPasses();
  assert.deepEqual(sender.flags(), {});
  sender.send(answer(2000), answer(110));
  assert.deepEqual(sender.flags(), { "length-habit": 1 });
  sender.restart();
  sender.send(answer(2), answer(110));
  assert.deepEqual(sender.flags(), { "length-habit": 2 });
  sender.restartFromOlder();
  sender.send(answer(2), answer(2000));
  assert.deepEqual(sender.flags(), { "length-habit": 2 });
});
