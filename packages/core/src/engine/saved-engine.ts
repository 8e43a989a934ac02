import type { EngineSetup } from "../model/engine-io.ts";
import { InputError } from "../model/input-error.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import type { SavedLengthHabit } from "../quality/length-habit.ts";
import type { SavedExemplars } from "../store/exemplars.ts";
import type { SavedJudging } from "./judging.ts";

/** The part of an engine's state that is JSON. */
export type SavedEngine = {
  readonly seq: number;
  readonly at: number;
  readonly lastTick: number | null;
  readonly droppedAt: number;
  readonly setup: EngineSetup;
  readonly counters: readonly (readonly [string, number])[];
  readonly measure: unknown;
  readonly alerting: unknown;
  /** Absent in states that were written before there was any. */
  readonly metadata?: readonly MetricMetadata[];
  readonly exemplars?: SavedExemplars;
  readonly judging?: SavedJudging;
  readonly lengths?: SavedLengthHabit;
};

/** @throws InputError of kind `snapshot` where it is damaged */
export function parseState(text: string): SavedEngine {
  try {
    return JSON.parse(text) as SavedEngine;
  } catch (cause) {
    throw new InputError("snapshot", "the engine's state is damaged", undefined, cause);
  }
}
