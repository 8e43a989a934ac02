import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { assert } from "@naruko/core/model/assert";
import { runNaruko } from "naruko/testing/run-naruko";
import type { CollectorLine } from "./collector-lines.ts";

export type Replayed = {
  /** Lines of kind `alert`, as printed. */
  readonly alerts: readonly string[];
  readonly notifications: number;
  readonly calls: number;
};

type Printed = { readonly kind: string; readonly calls?: number };

/** Writes lines to a compressed file. */
export async function writeLines(lines: Iterable<CollectorLine>, file: string): Promise<void> {
  await pipeline(Readable.from(texts(lines)), createGzip({ level: 1 }), createWriteStream(file));
}

function* texts(lines: Iterable<CollectorLine>): Generator<string> {
  for (const { json } of lines) yield `${json}\n`;
}

/** `naruko replay --json --config CONFIG FILE`. */
export async function runReplay(file: string, config: string): Promise<Replayed> {
  const { code, printed, told } = await runNaruko("replay", "--json", "--config", config, file);
  assert(code === 0, `replay succeeds: ${told}`);
  const lines = printed.trimEnd().split("\n");
  const ofKind = (kind: string): readonly string[] =>
    lines.filter((line) => (JSON.parse(line) as Printed).kind === kind);
  const [summary = "{}"] = ofKind("summary");
  return {
    alerts: ofKind("alert"),
    notifications: ofKind("notification").length,
    calls: (JSON.parse(summary) as Printed).calls ?? 0,
  };
}
