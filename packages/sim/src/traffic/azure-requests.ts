import { readFileSync } from "node:fs";

/** One request of a production service, as the published trace tells it. */
export type TracedRequest = {
  /** Since the trace's first request. */
  readonly offsetMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
};

/**
 * Reads an Azure LLM inference trace of 2023 (AzurePublicDataset, CC-BY-4.0; Patel et al.,
 * "Splitwise", ISCA 2024): TIMESTAMP, ContextTokens, GeneratedTokens, in order of time.
 */
export function readAzureTrace(file: string): readonly TracedRequest[] {
  const [, ...rows] = readFileSync(file, "utf8").trimEnd().split(/\r?\n/);
  let firstMs: number | undefined;
  return rows.map((row) => {
    const [time = "", input, output] = row.split(",");
    // To the millisecond; the file has seven digits of a second.
    const atMs = Date.parse(`${time.slice(0, 23).replace(" ", "T")}Z`);
    firstMs ??= atMs;
    return {
      offsetMs: atMs - firstMs,
      inputTokens: Number(input),
      outputTokens: Number(output),
    };
  });
}
