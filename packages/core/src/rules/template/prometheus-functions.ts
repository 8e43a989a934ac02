import { parseDuration } from "../../model/duration.ts";
import { formatFloat } from "../../model/go-float.ts";
import { compilePattern, expand, replaceMatches } from "../../model/pattern.ts";
import { escapeQuery, fail } from "./builtins.ts";
import { timeText } from "./civil-time.ts";
import type { TemplateFunction } from "./functions.ts";
import { plainText } from "./go-format.ts";
import {
  humanize,
  humanize1024,
  humanizeDuration,
  humanizePercentage,
  toFloat,
} from "./humanize.ts";
import type { GoMap, GoStruct, GoValue } from "./value.ts";

/** The functions that Prometheus adds (prometheus/prometheus, template/template.go). */
export const PROMETHEUS_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  query: { parameters: ["string"], call: ([text], { query }) => query(plainText(text)) },
  first: { parameters: ["samples"], call: ([samples]) => first(samples) },
  label: {
    parameters: ["string", "sample"],
    call: ([name, sample]) => labelOf(sample, plainText(name)),
  },
  value: { parameters: ["sample"], call: ([sample]) => fieldOf(sample, "Value") },
  strvalue: { parameters: ["sample"], call: ([sample]) => labelOf(sample, "__value__") },
  sortByLabel: {
    parameters: ["string", "samples"],
    call: ([name, samples]) => sortByLabel(plainText(name), samples),
  },
  args: { parameters: ["any"], variadic: true, call: argumentMap },
  humanize: numeric(humanize),
  humanize1024: numeric(humanize1024),
  humanizeDuration: numeric(humanizeDuration),
  humanizePercentage: numeric(humanizePercentage),
  humanizeTimestamp: numeric((seconds) =>
    Number.isFinite(seconds) ? timeText(milliseconds(seconds)) : formatFloat(seconds, "g", 4),
  ),
  toTime: numeric((seconds) =>
    Number.isFinite(seconds)
      ? { kind: "time", ms: milliseconds(seconds) }
      : fail("value is NaN or Inf"),
  ),
  toDuration: numeric((seconds) => ({ kind: "duration", ns: nanoseconds(seconds) })),
  now: { parameters: [], call: (_args, { nowMs }) => nowMs / 1000 },
  parseDuration: { parameters: ["string"], call: ([text]) => durationSeconds(plainText(text)) },
  title: textual((text) => text.replaceAll(/(?<![\p{L}\p{N}_'])\p{L}/gu, (c) => c.toUpperCase())),
  toUpper: textual((text) => text.toUpperCase()),
  toLower: textual((text) => text.toLowerCase()),
  stripPort: textual(stripPort),
  stripDomain: textual(stripDomain),
  urlQueryEscape: textual(escapeQuery),
  safeHtml: textual((text) => text),
  match: {
    parameters: ["string", "string"],
    call: ([pattern, text]) =>
      compilePattern(plainText(pattern), { kind: "template" }).find(plainText(text), 0) !==
      undefined,
  },
  reReplaceAll: {
    parameters: ["string", "string", "string"],
    call: ([pattern, replacement, text]) =>
      replaceAll(plainText(pattern), plainText(replacement), plainText(text)),
  },
  graphLink: textual((expression) => linkTo(expression, "0")),
  tableLink: textual((expression) => linkTo(expression, "1")),
  pathPrefix: { parameters: [], call: (_args, { externalUrl }) => pathOf(externalUrl) },
  externalURL: { parameters: [], call: (_args, { externalUrl }) => externalUrl },
};

function numeric(of: (value: number) => GoValue): TemplateFunction {
  return { parameters: ["any"], call: ([value]) => of(toFloat(value)) };
}

function textual(of: (text: string) => string): TemplateFunction {
  return { parameters: ["string"], call: ([text]) => of(plainText(text)) };
}

/** Go's `*template.sample`: what `query` returns a list of. */
export function sampleValue(labels: GoMap, value: GoValue): GoStruct {
  const fields = new Map<string, GoValue>([
    ["Labels", labels],
    ["Value", value],
  ]);
  return { kind: "struct", type: "*template.sample", fields };
}

function fieldOf(sample: GoValue, name: string): GoValue {
  if (typeof sample !== "object" || sample.kind !== "struct") {
    return fail("runtime error: invalid memory address or nil pointer dereference");
  }
  return sample.fields.get(name);
}

function labelOf(sample: GoValue, name: string): GoValue {
  const labels = fieldOf(sample, "Labels");
  return typeof labels === "object" && labels.kind === "map"
    ? (labels.entries.get(name) ?? "")
    : "";
}

function itemsOf(samples: GoValue): readonly GoValue[] {
  return typeof samples === "object" && samples.kind === "list" ? samples.items : [];
}

function first(samples: GoValue): GoValue {
  const [sample] = itemsOf(samples);
  return sample ?? fail("first() called on vector with no elements");
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function sortByLabel(name: string, samples: GoValue): GoValue {
  const text = (sample: GoValue): string => plainText(labelOf(sample, name));
  const items = itemsOf(samples).toSorted((a, b) => byText(text(a), text(b)));
  return { kind: "list", type: "template.queryResult", items };
}

function argumentMap(args: readonly GoValue[]): GoValue {
  const entries = new Map(args.map((arg, i) => [`arg${i}`, arg] as const));
  return { kind: "map", type: "map[string]interface {}", zero: undefined, entries };
}

const MAX_INT64 = 2 ** 63;

function milliseconds(seconds: number): number {
  if (Math.abs(seconds * 1e9) > MAX_INT64) {
    const shown = formatFloat(seconds, "g", -1);
    fail(`${shown} cannot be represented as a nanoseconds timestamp since it overflows int64`);
  }
  return Number(BigInt(Math.trunc(seconds * 1e9)) / 1_000_000n);
}

function nanoseconds(seconds: number): bigint {
  const ns = Math.trunc(seconds * 1e9);
  // What Go's conversion gives for a number that does not fit.
  return Number.isFinite(ns) && Math.abs(ns) < MAX_INT64 ? BigInt(ns) : -(2n ** 63n);
}

function durationSeconds(text: string): number {
  const ms = parseDuration(text.replace(/^-/, ""));
  if (ms === undefined) return fail(`not a valid duration string: ${JSON.stringify(text)}`);
  return (text.startsWith("-") ? -ms : ms) / 1000;
}

type HostPort = { readonly host: string; readonly port: string };

/** As Go's net.SplitHostPort; `undefined` where there is no port. */
function splitHostPort(text: string): HostPort | undefined {
  const bracketed = /^\[([^[\]]*)\]:([^:[\]]*)$/.exec(text);
  const plain = /^([^:[\]]*):([^:[\]]*)$/.exec(text);
  const [, host, port] = bracketed ?? plain ?? [];
  return host === undefined || port === undefined ? undefined : { host, port };
}

function stripPort(hostPort: string): string {
  return splitHostPort(hostPort)?.host ?? hostPort;
}

function stripDomain(hostPort: string): string {
  const { host, port } = splitHostPort(hostPort) ?? { host: hostPort, port: "" };
  if (isIp(host)) return hostPort;
  const name = host.split(".")[0] ?? "";
  return port === "" ? name : `${name}:${port}`;
}

function isIp(host: string): boolean {
  const octets = host.split(".");
  const octet = /^(?:0|[1-9]\d{0,2})$/;
  if (octets.length === 4 && octets.every((o) => octet.test(o) && Number(o) < 256)) return true;
  return /^[0-9a-fA-F:.]*$/.test(host) && host.split(":").length > 2;
}

function replaceAll(source: string, replacement: string, text: string): string {
  const pattern = compilePattern(source, { kind: "template" });
  return replaceMatches(pattern, text, (captures) => expand(replacement, captures, pattern.names));
}

function linkTo(expression: string, tab: string): string {
  return `/graph?g0.expr=${escapeQuery(expression)}&g0.tab=${tab}`;
}

function pathOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? "";
}
