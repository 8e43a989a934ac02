// What the tests of Prometheus' HTTP API ask of, on both sides.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { formatLabels, labels } from "@naruko/core/model/labels";
import { serveNaruko } from "./serve-naruko.ts";
import type { Serving } from "./serve-naruko.ts";

const PATIENCE_MS = 60_000;
export const STEP_S = 30;
/**
 * Points may be five minutes old when they arrive, and the last is 50 s old. A multiple of ten, so
 * that subqueries meet no edge of their range, where Prometheus 2.x and 3.x differ.
 */
export const START_S: number = Math.floor(Date.now() / 10_000) * 10 - 260;
export const POINTS = 8;

type Series = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly number[];
};

const HARD = [-0, NaN, Infinity, -Infinity, 1.7976931348623157e308, 0.1 + 0.2, 100, 5e-324];
export const SERIES: readonly Series[] = [
  { name: "level", labels: { a: "1" }, values: [1, 2, 3, 4, 5, 6, 7, 8] },
  {
    name: "level",
    labels: { a: "2" },
    values: [0.1, 1e-7, 1e-6, 9.99e-7, 1e20, 1e21, -1e21, 123456789.123],
  },
  { name: "level", labels: { a: "3", z: 'q"\\日本語<b>&' }, values: HARD },
  { name: "pair", labels: { a: "1", b: "x" }, values: Array<number>(POINTS).fill(1) },
  { name: "pair", labels: { a: "1", b: "y" }, values: Array<number>(POINTS).fill(2) },
  { name: "calls_total", labels: { a: "1" }, values: [0, 30, 60, 90, 120, 150, 180, 210] },
];
const SENDER = { service_name: "shop", job: "shop", instance: "i1" };

export const RULES = `groups:
- name: first
  interval: 1s
  rules:
  - {record: "one:vector", expr: vector(1), labels: {a: b}}
  - {alert: Firing, expr: "vector(0.25) > 0", labels: {severity: page, v: "{{ $value }}"},
     annotations: {summary: "is {{ $value }}"}}
  - {alert: Pending, expr: "vector(123456)", for: 1h}
  - {alert: Quiet, expr: "vector(0)   >1", for: 90s, keep_firing_for: 5m}
  - {alert: Unmatched, expr: "pair * on (a) pair"}
- name: second
  interval: 1s
  limit: 5
  rules:
  - {record: "two:vector", expr: "1+1", labels: {c: d}}
  - {alert: Never, expr: "vector(0) > 1", labels: {c: d}}
`;

export type Params = Readonly<Record<string, string | readonly string[]>>;
export type Request = readonly [method: "GET" | "POST" | "PUT", path: string, params: Params];

/** What both sides are asked; times as seconds since START_S. */
export const at = (seconds: number): string => String(START_S + seconds);
export const instant = (query: string, more: Params = {}): Request => [
  "GET",
  "query",
  { query, time: at(100), ...more },
];
export const range = (query: string, more: Params = {}): Request => [
  "GET",
  "query_range",
  { query, start: at(10), end: at(200), step: "30", ...more },
];
/** Every sample, and neither what rules write nor what we measure of ourselves. */
export const SPAN: Params = { start: at(-10), end: at(300) };

export function raw(url: string, [method, where, params]: Request): Promise<Response> {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of [value].flat()) form.append(name, one);
  }
  const isForm = method === "POST";
  return fetch(`${url}/api/v1/${where}${isForm ? "" : `?${form.toString()}`}`, {
    method,
    ...(isForm ? { body: form } : {}),
  });
}

export function openMetrics(): string {
  const lines = SERIES.flatMap(({ name, labels: own, values }) => {
    const shown = formatLabels(labels({ __name__: name, ...SENDER, ...own })).replaceAll(", ", ",");
    return values.map((value, i) => {
      const text = Object.is(value, -0) ? "-0" : String(value).replace("Infinity", "Inf");
      return `${shown} ${text} ${START_S + i * STEP_S}`;
    });
  });
  return `${lines.join("\n")}\n# EOF\n`;
}

function attribute(key: string, stringValue: string): object {
  return { key, value: { stringValue } };
}

/** The same as an OTLP request; JSON has no notation of its own for what is no number. */
function otlpMetrics(): string {
  const metrics = SERIES.map(({ name, labels: own, values }) => ({
    name,
    gauge: {
      dataPoints: values.map((value, i) => ({
        timeUnixNano: `${START_S + i * STEP_S}000000000`,
        asDouble: Number.isFinite(value) ? (Object.is(value, -0) ? "-0" : value) : String(value),
        attributes: Object.entries(own).map(([key, text]) => attribute(key, text)),
      })),
    },
  }));
  const attributes = [attribute("service.name", "shop"), attribute("service.instance.id", "i1")];
  return JSON.stringify({
    resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }],
  });
}

export async function startOurs(context: TestContext, folder: string): Promise<string> {
  return (await serveFixture(context, folder)).http;
}

/** A server with the rules and the samples. */
export async function serveFixture(context: TestContext, folder: string): Promise<Serving> {
  const config = path.join(folder, "naruko.yml");
  writeFileSync(config, "interval: 1s\nrules: [rules.yml]\n");
  writeFileSync(path.join(folder, "rules.yml"), RULES);
  const data = path.join(folder, "data");
  const serving = await serveNaruko(context, "--config", config, "--data", data);
  await sendOtlp(`${serving.otlp}/v1/metrics`, otlpMetrics());
  return serving;
}

/** Sends an OTLP request as JSON, all of which is to be taken. */
export async function sendOtlp(url: string, body: string): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  const sent = await fetch(url, { method: "POST", body, headers });
  assert.deepEqual([sent.status, await sent.text()], [200, "{}"]);
}

export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-api-"));
  context.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Waits until every rule was evaluated. */
export async function rulesRan(url: string): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const text = await (await fetch(`${url}/api/v1/rules`, { signal })).text();
    const ran = text.includes('"two:vector"') && !text.includes('"health":"unknown"');
    // A rule says that it ran a moment before what it wrote can be read.
    const query = `${url}/api/v1/query?query=count(ALERTS)%3D%3D2`;
    if (ran && (await (await fetch(query, { signal })).text()).includes('"2"')) return;
    await wait(50, undefined, { signal });
  }
}
