import type { Call } from "../model/call.ts";
import type { Limits } from "../model/limits.ts";
import type { EpochMs } from "../model/time.ts";
import type { Draw } from "./draw.ts";
import { Draws, type SavedDraws } from "./draws.ts";
import { Rates, type RateSetup, type RatesView, type SavedRates, type Suspicion } from "./rates.ts";
import { segmentPath } from "./segment-path.ts";

export type SavedSampler = { readonly draws: SavedDraws; readonly rates: SavedRates };

export type SamplerOptions = {
  readonly setup: RateSetup;
  /** 32 lower-case hex digits: keys all chance. */
  readonly key: string;
  readonly limits: Pick<Limits, "judgedConversations" | "judgedSegments">;
  /** When it begins. */
  readonly at: EpochMs;
};

/** Decides which calls are judged, at rates that were set before each of them. */
export class Sampler {
  readonly #draws: Draws;
  readonly #rates: Rates;

  constructor({ setup, key, limits, at }: SamplerOptions) {
    this.#draws = new Draws(key, limits.judgedConversations);
    this.#rates = new Rates(setup, limits.judgedSegments, at);
  }

  /** Conversations and traces that were forgotten before their day ended. */
  get forgottenEarly(): number {
    return this.#draws.forgottenEarly;
  }

  /** Flags that no draw could be conditioned on, because there are too many kinds of them. */
  get flagsLeftOut(): number {
    return this.#draws.flagsLeftOut;
  }

  /** Calls that were drawn at the rates of `_other`. */
  get foldedCalls(): number {
    return this.#rates.foldedCalls;
  }

  /** How the rates stand. */
  get rates(): RatesView {
    return this.#rates.view();
  }

  reload(setup: RateSetup): void {
    this.#rates.reload(setup);
  }

  /** How many verdicts a day money leaves; absent: no cap in dollars decides the share. */
  setVerdictsPerDay(verdicts: number | undefined): void {
    this.#rates.setVerdictsPerDay(verdicts);
  }

  /** Judges a node (`segmentPath`) more, or as when calm, from the next call on. */
  setSuspicion(node: string, suspicion: Suspicion | undefined): void {
    this.#rates.setSuspicion(node, suspicion);
  }

  /** The queue of the judge had no room: less is drawn for a while. */
  backOff(at: EpochMs): void {
    this.#rates.backOff(at);
  }

  /**
   * Decides about one call that can be judged; each call is offered once, in the order of time.
   *
   * @param rubrics names of those that apply to the call, at least one
   */
  offer(call: Call, rubrics: readonly string[], at: EpochMs): Draw {
    const { traceId, spanId, conversationId, flags = [], weight } = call;
    const { path, rates } = this.#rates.of(segmentPath(call), at);
    const offered = { traceId, spanId, flags, rubrics, weight };
    const draw = this.#draws.draw(
      conversationId === undefined ? offered : { ...offered, conversationId },
      path[2],
      rates,
      at,
    );
    this.#rates.note(draw, path);
    return draw;
  }

  save(): SavedSampler {
    return { draws: this.#draws.save(), rates: this.#rates.save() };
  }

  /** Today's conversations, which `save` leaves out: as text, a million would hold up all else. */
  saveWords(): Uint32Array {
    return this.#draws.saveWords();
  }

  load(saved: SavedSampler, words: Uint32Array): void {
    this.#draws.load(saved.draws, words);
    this.#rates.load(saved.rates);
  }
}
