import { assert } from "../model/assert.ts";
import { DAY_MS, type EpochMs } from "../model/time.ts";
import { ConversationTable, type SavedConversations } from "./conversation-table.ts";
import { type Draw, type DrawKind, type DrawRates, inclusionOf } from "./draw.ts";
import { ownShare } from "./own-share.ts";
import { fractionOf, type Hash64, hexOf, KeyedHash } from "./siphash.ts";

/** What is told of a call that can be judged; nothing in it comes from a judge. */
export type OfferedCall = {
  /** 32 and 16 hex digits. */
  readonly traceId: string;
  readonly spanId: string;
  readonly conversationId?: string;
  /** Names of its free flags. */
  readonly flags: readonly string[];
  /** Names of the rubrics that apply to it, at least one. */
  readonly rubrics: readonly string[];
  /** How many calls it stands for. */
  readonly weight: number;
};

/** Heads are rare enough in a conversation that its candidate is not always the first call. */
const COIN_IN_CONVERSATION = 1 / 4;
/** Bits of a word, less the one of the unconditioned candidate. */
const FLAGS_MAX = 31;

export type SavedDraws = {
  readonly conversations: SavedConversations;
  readonly flags: readonly string[];
  readonly flagsLeftOut: number;
};

/**
 * Draws which calls are judged (DESIGN section 7). Chance is a keyed hash of conversation, day and
 * call: equal for equal inputs, unforeseeable without the key, and independent of every rate, so
 * that whoever is drawn at one rate is drawn at every higher one.
 */
export class Draws {
  readonly #hash: KeyedHash;
  readonly #conversations: ConversationTable;
  /** The bit of each flag: its place, counted from 1. */
  readonly #flags: string[] = [];
  #flagsLeftOut = 0;

  /** @param key 32 lower-case hex digits */
  constructor(key: string, conversationsMax: number) {
    this.#hash = new KeyedHash(key);
    this.#conversations = new ConversationTable(conversationsMax);
  }

  /** Conversations that were forgotten before their day ended. */
  get forgottenEarly(): number {
    return this.#conversations.forgottenEarly;
  }

  /** Flags of calls that no draw could be conditioned on, because there are too many kinds of them. */
  get flagsLeftOut(): number {
    return this.#flagsLeftOut;
  }

  /** Decides about one eligible call, once. */
  draw(call: OfferedCall, segment: string, rates: DrawRates, at: EpochMs): Draw {
    assert(rates.candidate >= rates.coverage, "a candidate is drawn at least as others are");
    const { traceId, spanId, conversationId, weight } = call;
    const flags = [...new Set(call.flags)];
    const day = Math.floor(at / DAY_MS);
    this.#conversations.turn(day);
    // A trace's id is no conversation's id, even where they are spelled alike.
    const [kind, name] = conversationId === undefined ? ["t", traceId] : ["c", conversationId];
    const coin = conversationId === undefined ? 1 : COIN_IN_CONVERSATION;
    const conversation = this.#hash.hash(kind, name, String(day));
    const hash = this.#hash.derive(conversation, traceId + spanId);
    const bits = this.#conversations.get(conversation);
    const open = (bits & 1) === 0;
    const masks = flags.map((flag) => this.#maskOf(flag));
    const isOpen = (mask: number): boolean => mask !== 0 && (bits & mask) === 0;
    const openFlags = flags.filter((_, i) => isOpen(masks[i] ?? 0));
    const heads = this.#toss(hash, "coin") < coin;
    if (heads) {
      const found = masks.reduce((all, mask) => all | mask, bits | 1) >>> 0;
      if (found !== bits) this.#conversations.set(conversation, found);
    }
    const parts = { coin, heads, open, openFlags, rates };
    const { flagDraws, kinds, burst } = this.#kindsOf(parts, hash);
    const inclusion = inclusionOf(parts);
    const rubrics = this.#rubricsOf(call, { hash, rates, inclusion, judged: kinds.length > 0 });
    return {
      at,
      traceId,
      spanId,
      segment,
      weight,
      conversation: hexOf(conversation),
      day,
      flags,
      ...parts,
      flagDraws,
      // A call that no rubric is asked about is not judged.
      kinds: rubrics.some(({ drawn }) => drawn) ? kinds : [],
      burst,
      inclusion,
      rubrics,
    };
  }

  save(): SavedDraws {
    return {
      conversations: this.#conversations.save(),
      flags: [...this.#flags],
      flagsLeftOut: this.#flagsLeftOut,
    };
  }

  /** The conversations themselves. */
  saveWords(): Uint32Array {
    return this.#conversations.saveWords();
  }

  load(saved: SavedDraws, words: Uint32Array): void {
    this.#conversations.load(saved.conversations, words);
    this.#flags.push(...saved.flags);
    this.#flagsLeftOut = saved.flagsLeftOut;
  }

  #kindsOf(
    { heads, open, openFlags, rates }: Pick<Draw, "heads" | "open" | "openFlags" | "rates">,
    hash: Hash64,
  ): Pick<Draw, "flagDraws" | "kinds" | "burst"> {
    const candidate = heads && open;
    const kinds: DrawKind[] = [];
    // One toss for both: a candidate is drawn wherever a call that is none would be.
    const toss = this.#toss(hash, "judge");
    if (toss < (candidate ? rates.candidate : rates.coverage))
      kinds.push(candidate ? "evidence" : "coverage");
    const flagDraws = heads
      ? openFlags.filter((flag) => this.#toss(hash, `flag/${flag}`) < rates.flag)
      : [];
    if (flagDraws.length > 0) kinds.push("flag");
    return { flagDraws, kinds, burst: kinds.includes("evidence") && toss >= rates.calm };
  }

  #rubricsOf(
    { rubrics }: OfferedCall,
    {
      hash,
      rates,
      inclusion,
      judged,
    }: { hash: Hash64; rates: DrawRates; inclusion: number; judged: boolean },
  ): Draw["rubrics"] {
    // One toss for all: what is judged by a rare rubric is judged by the common ones too, in the
    // same request.
    const toss = judged ? this.#toss(hash, "rubric") : 1;
    return rubrics.map((name) => {
      const share = ownShare(rates.rubrics, name) ?? 1;
      return { name, inclusion: inclusion * share, drawn: toss < share };
    });
  }

  #toss(hash: Hash64, use: string): number {
    return fractionOf(this.#hash.derive(hash, use));
  }

  /** The bit that tells whether a conversation had heads with a flag; 0 where there is none left. */
  #maskOf(flag: string): number {
    let place = this.#flags.indexOf(flag);
    if (place < 0 && this.#flags.length < FLAGS_MAX) place = this.#flags.push(flag) - 1;
    if (place < 0) this.#flagsLeftOut++;
    return place < 0 ? 0 : 2 << place;
  }
}
