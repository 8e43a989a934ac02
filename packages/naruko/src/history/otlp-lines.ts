import { AwaitedSpans } from "@naruko/core/engine/awaited-spans";
import { takeExportLine } from "@naruko/core/engine/intake";
import type { LineContext } from "@naruko/core/engine/intake";
import { InputError } from "@naruko/core/model/input-error";
import { epochMs } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import { EventTexts } from "@naruko/core/normalize/event-texts";
import type { Signal } from "@naruko/core/receive/encoding";
import { parseJson } from "@naruko/core/receive/json-text";
import type { HistoryInput } from "./history.ts";
import type { HistoryTally } from "./history-tally.ts";
import { readLines } from "./read-lines.ts";

const SIGNALS: readonly (readonly [string, Signal])[] = [
  ["resourceSpans", "traces"],
  ["resourceMetrics", "metrics"],
  ["resourceLogs", "logs"],
];
const WANTED = SIGNALS.map(([key]) => `"${key}"`).join(", ");

export type OtlpLinesOptions = {
  readonly context: LineContext;
  readonly tally: HistoryTally;
  readonly onBytes?: (count: number) => void;
};

/**
 * A file as the OpenTelemetry Collector's file exporter writes it: one export request in JSON a
 * line. A line that cannot be read is told, counted and skipped.
 */
export async function* otlpLines(
  file: string,
  { context, tally, onBytes }: OtlpLinesOptions,
): AsyncGenerator<HistoryInput> {
  const maxBytes = context.limits.inflatedBytes;
  const texts = new EventTexts(context.limits.waitingTextLength);
  const awaited = new AwaitedSpans(context.limits);
  let before: EpochMs | undefined;
  for await (const line of readLines(file, { maxBytes, ...(onBytes && { onBytes }) })) {
    if ("fault" in line) {
      tally.addBroken(file, line.number, line.fault);
      continue;
    }
    try {
      for (const input of inputsOf(line.bytes, { context, texts, awaited, tally }, before)) {
        before = input.at;
        yield input;
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      tally.addBroken(file, line.number, error.message);
    }
  }
}

type Reading = Pick<OtlpLinesOptions, "context" | "tally"> & {
  readonly texts: EventTexts;
  readonly awaited: AwaitedSpans;
};

function inputsOf(
  bytes: Uint8Array,
  { context, texts, awaited, tally }: Reading,
  before: EpochMs | undefined,
): readonly HistoryInput[] {
  const value = parseJson(bytes, context.limits);
  const isObject = typeof value === "object" && value !== null;
  const signals = isObject ? SIGNALS.filter(([key]) => Object.hasOwn(value, key)) : [];
  if (signals.length === 0) throw new InputError("replay", `expected an object with ${WANTED}`);
  let time = before;
  const inputs = signals.map(([, signal]) => {
    const taken = takeExportLine(
      signal,
      value,
      {
        ...context,
        saidIn: (traceId, spanId) => texts.find(traceId, spanId),
        isAwaited: (traceId, spanId) => awaited.has(traceId, spanId),
      },
      time,
    );
    const { at, telemetry, rejected, ignored } = taken;
    for (const { traceId, spanId } of telemetry.calls) texts.forget(traceId, spanId);
    const { dropped, expired } = texts.add(taken.texts ?? [], at);
    if (at > 0) time = at;
    const lost: readonly [string, number][] = [
      ["waiting-text-dropped", dropped],
      ["waiting-text-expired", expired],
      ["awaited-span-forgotten", awaited.note(telemetry, at)],
    ];
    tally.addRead(rejected, new Map([...ignored, ...lost.filter(([, count]) => count > 0)]));
    return { at, telemetry };
  });
  // A line without a single time has nothing that could be replayed; why is in the tally.
  return inputs.filter(({ at }) => at > 0).map((input) => ({ ...input, at: epochMs(input.at) }));
}
