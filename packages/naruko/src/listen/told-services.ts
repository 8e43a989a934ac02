import { type Call, isCalledOff } from "@naruko/core/model/call";
import type { Limits } from "@naruko/core/model/limits";
import type { EpochMs } from "@naruko/core/model/time";
import type { Generation } from "@naruko/core/normalize/generation";

/** What one service's model calls have told since the start, in one dialect and generation. */
export type ToldService = {
  readonly service: string;
  readonly dialect: string;
  /** Absent where the dialect's names are its own. */
  readonly generation?: Generation;
  readonly calls: number;
  readonly failed: number;
  /** The application did not wait for their end. */
  readonly calledOff: number;
  /** Whole ones, and how many of them told usage. */
  readonly answered: number;
  readonly withUsage: number;
  readonly streams: number;
  readonly streamsWithUsage: number;
  readonly withText: number;
  readonly withConversation: number;
  readonly withVersion: number;
  readonly lastAt: EpochMs;
};

type Counts = { -readonly [K in keyof ToldService]: ToldService[K] };

/** What each service tells and what it leaves out, counted before `capture` takes text away. */
export class ToldServices {
  readonly #limit: number;
  readonly #told = new Map<string, Counts>();

  constructor({ valuesPerLabel }: Limits) {
    this.#limit = valuesPerLabel;
  }

  /** All of them, by service. */
  list(): readonly ToldService[] {
    return [...this.#told.values()].toSorted((a, b) => (a.service < b.service ? -1 : 1));
  }

  note(
    calls: readonly Call[],
    generations: ReadonlyMap<Call, Generation> | undefined,
    at: EpochMs,
  ): void {
    for (const call of calls) {
      if (call.kind !== "inference" && call.kind !== "embeddings") continue;
      count(this.#countsOf(call, generations?.get(call)), call, at);
    }
  }

  #countsOf({ service, dialect }: Call, generation: Generation | undefined): Counts {
    const named =
      this.#told.size < this.#limit || this.#told.has(keyOf(service, dialect, generation));
    const name = named ? service : "_other";
    const key = keyOf(name, dialect, generation);
    const known = this.#told.get(key);
    if (known !== undefined) return known;
    const counts = {
      ...NONE,
      service: name,
      dialect,
      ...(generation !== undefined && { generation }),
    };
    this.#told.set(key, counts);
    return counts;
  }
}

function keyOf(service: string, dialect: string, generation: Generation | undefined): string {
  return JSON.stringify([service, dialect, generation]);
}

const NONE = {
  calls: 0,
  failed: 0,
  calledOff: 0,
  answered: 0,
  withUsage: 0,
  streams: 0,
  streamsWithUsage: 0,
  withText: 0,
  withConversation: 0,
  withVersion: 0,
  lastAt: 0 as EpochMs,
};

function count(counts: Counts, call: Call, at: EpochMs): void {
  const calledOff = isCalledOff(call);
  const answered = call.errorType === undefined && !calledOff;
  const tells = call.usageSource === "provider";
  counts.calls++;
  if (call.errorType !== undefined) counts.failed++;
  if (calledOff) counts.calledOff++;
  if (answered) counts.answered++;
  if (answered && tells) counts.withUsage++;
  if (answered && call.stream) counts.streams++;
  if (answered && call.stream && tells) counts.streamsWithUsage++;
  if (call.text !== undefined) counts.withText++;
  if (call.conversationId !== undefined) counts.withConversation++;
  if (call.serviceVersion !== undefined) counts.withVersion++;
  counts.lastAt = at;
}
