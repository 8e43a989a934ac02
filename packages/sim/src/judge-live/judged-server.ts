// `naruko serve` as a process of its own, whose calls are judged by a scripted judge.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { judgeKeyFile } from "naruko/ask/judge-key";
import { openDatabase } from "naruko/disk/database";
import { numberIn, rowsOf, textIn } from "naruko/disk/read-rows";
import { eventually } from "naruko/testing/stored-samples";
import { ServerProcess } from "../kill/server-process.ts";
import {
  type Provider,
  ScriptedJudge,
  type ScriptedJudgeOptions,
  TOKEN_LIMIT,
} from "./scripted-judge.ts";

export const RUBRICS: readonly string[] = ["faithfulness", "relevance", "safety"];
/** US dollars a million tokens: answers cost cents, so that a small cap is reached soon. */
const PRICE = { input: 10, output: 100 };

/** One draw as it is on disk. */
export type StoredDraw = {
  readonly call: number;
  readonly costUsd: number;
  readonly rubrics: readonly {
    readonly name: string;
    readonly inclusion: number;
    readonly score?: number;
    readonly reason?: string;
  }[];
};

/** `judge:` of the configuration, without its endpoint's address. */
export type JudgeKeys = Readonly<Record<string, unknown>>;

/** A server that is still to be configured and started, and its judge. */
export async function judgedBy(
  t: TestContext,
  options: ScriptedJudgeOptions,
): Promise<{ readonly judge: ScriptedJudge; readonly server: JudgedServer }> {
  const judge = new ScriptedJudge(options);
  const address = await judge.start();
  t.after(() => judge.stop());
  return { judge, server: new JudgedServer(t, options.provider, address) };
}

/** By the judge's own books, in US dollars. */
export function billedUsd({ booked }: ScriptedJudge): number {
  const micro = booked.reduce(
    (sum, { tokens }) => sum + tokens.input * PRICE.input + tokens.output * PRICE.output,
    0,
  );
  return micro / 1e6;
}

export class JudgedServer {
  readonly #folder = mkdtempSync(path.join(tmpdir(), "naruko-judged-"));
  readonly #endpoint: object;
  #process: ServerProcess | undefined;

  constructor(t: TestContext, provider: Provider, baseUrl: string) {
    this.#endpoint = { provider, base_url: baseUrl, api_key: "key-1", model: "judge-1" };
    t.after(async () => {
      await this.#process?.end("SIGKILL");
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  /**
   * @param keys absent: nobody judges
   * @param others keys beside `judge:`
   */
  configure(keys: JudgeKeys | undefined, others: object = {}): void {
    const judge = {
      endpoint: this.#endpoint,
      rate: 1,
      golden: { shipped: false },
      price: PRICE,
      max_output_tokens: TOKEN_LIMIT,
      ...keys,
    };
    const config = { interval: "1s", rules: [], capture: "judge", ...(keys && { judge }) };
    this.write("naruko.yml", JSON.stringify({ ...config, ...others }));
  }

  /** Puts a file beside the configuration. */
  write(name: string, text: string): void {
    writeFileSync(path.join(this.#folder, name), text);
  }

  /** Lets its draws be made by this key, from its first start on. */
  keepKey(key: string): void {
    const data = path.join(this.#folder, "data");
    mkdirSync(data);
    writeFileSync(judgeKeyFile(data), key);
  }

  /** Resolves once it answers. */
  async start(): Promise<void> {
    this.#process = new ServerProcess(["--config", "naruko.yml", "--data", "data"], {
      cwd: this.#folder,
    });
    await this.#process.greeted;
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const { code, told } = await this.process.end(signal);
    if (signal === "SIGTERM") assert.equal(code, 0, told);
    assert.doesNotMatch(told, /could not be applied/);
  }

  /** Resolves once the configuration as it is now is in force. */
  async reload(): Promise<void> {
    const reloads = (): number => this.process.told.split('"reloaded"').length;
    const before = reloads();
    this.process.reload();
    await eventually("a reload", () => Promise.resolve(reloads() > before));
  }

  get process(): ServerProcess {
    assert.ok(this.#process !== undefined, "the server was started");
    return this.#process;
  }

  /** Sends the calls of these numbers as one request, and says how it was answered. */
  async send(calls: readonly number[], headers: object = {}): Promise<Response> {
    return fetch(`${this.process.otlp}/v1/traces`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(exportOf(calls)),
    });
  }

  /** The values of an expression by their labels' values, in the order of the labels' names. */
  async query(expr: string): Promise<ReadonlyMap<string, number>> {
    const { http } = this.process;
    const response = await fetch(`${http}/api/v1/query?query=${encodeURIComponent(expr)}`);
    const { data } = (await response.json()) as {
      readonly data: {
        readonly result: readonly {
          readonly metric: Readonly<Record<string, string>>;
          readonly value: readonly [number, string];
        }[];
      };
    };
    return new Map(
      data.result.map(({ metric, value }) => {
        const labels = Object.entries(metric).filter(([name]) => name !== "__name__");
        const entries = labels.toSorted(([a], [b]) => (a < b ? -1 : 1));
        return [entries.map(([, text]) => text).join(" "), Number(value[1])];
      }),
    );
  }

  /** The one value of an expression; NaN where there is none. */
  async value(expr: string): Promise<number> {
    const [value = NaN] = (await this.query(expr)).values();
    return value;
  }

  /** Resolves once so many calls are settled, by the rubrics that they were drawn for. */
  async settled(verdicts: number): Promise<void> {
    const ended = "naruko_judge_verdicts_total + on() sum(naruko_judge_missing_total)";
    await eventually(`${verdicts} verdicts`, async () => (await this.value(ended)) >= verdicts);
  }

  /** What is stored of draws, in their order; only while the server is down. */
  async draws(): Promise<readonly StoredDraw[]> {
    const file = path.join(this.#folder, "data", "naruko.duckdb");
    const opened = await openDatabase({ file, memoryMb: 256 });
    assert.ok(opened.ok);
    const { connection, close } = opened.value;
    try {
      const sql = "SELECT span_id, cost_usd, rubrics FROM draw ORDER BY seq, n";
      const rows = await rowsOf(connection, sql);
      return rows.map(([spanId, costUsd, rubrics]) => ({
        call: parseInt(textIn(spanId), 16),
        costUsd: numberIn(costUsd),
        rubrics: JSON.parse(textIn(rubrics)) as StoredDraw["rubrics"],
      }));
    } finally {
      close();
    }
  }
}

function exportOf(calls: readonly number[]): object {
  const endMs = Date.now();
  const spans = calls.map((call) => ({
    traceId: call.toString(16).padStart(32, "0"),
    spanId: call.toString(16).padStart(16, "0"),
    name: "chat",
    kind: 3,
    startTimeUnixNano: `${endMs - 1000}000000`,
    endTimeUnixNano: `${endMs}000000`,
    attributes: [
      ["gen_ai.operation.name", "chat"],
      ["gen_ai.provider.name", "openai"],
      ["gen_ai.request.model", "gpt-4o"],
      ["gen_ai.input.messages", messages("user", `This is question number ${call} of many.`)],
      ["gen_ai.output.messages", messages("assistant", "It has an answer.")],
    ].map(([key, stringValue]) => ({ key, value: { stringValue } })),
    status: {},
  }));
  const attributes = [{ key: "service.name", value: { stringValue: "shop" } }];
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] };
}

function messages(role: string, content: string): string {
  return JSON.stringify([{ role, parts: [{ type: "text", content }] }]);
}
