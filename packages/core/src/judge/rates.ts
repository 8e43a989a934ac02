import { assert } from "../model/assert.ts";
import type { JudgeSetup } from "../model/judge.ts";
import { type EpochMs, HOUR_MS, MINUTE_MS, epochMs } from "../model/time.ts";
import { BurstBucket, CALM_PART, type SavedBucket } from "./burst-bucket.ts";
import { candidateProbability, type Draw, type DrawRates } from "./draw.ts";
import { ownShare } from "./own-share.ts";
import { EVERYTHING, OTHER_SEGMENT, type SegmentPath } from "./segment-path.ts";
import { INCLUSION_MIN, type Load, sharesOf, splitShare } from "./share-plan.ts";
import { type SavedTraffic, Traffic } from "./traffic.ts";

/**
 * How much more a node is to be judged: at a rate, at a multiple of the calm one, or, after an
 * alert, at twice the calm one.
 */
export type Suspicion =
  { readonly rate: number } | { readonly factor: number } | { readonly alerted: true };

/** What of the setup decides rates. */
export type RateSetup = Pick<JudgeSetup, "rate" | "serviceRates" | "rubricRates">;

type Segment = {
  readonly path: SegmentPath;
  readonly traffic: Traffic;
  /** Calls so far, and how many of them the next plan waits for at most. */
  calls: number;
  planAtCalls: number;
  rates: DrawRates;
};

export type SavedRates = {
  readonly epoch: number;
  readonly segments: readonly {
    readonly path: SegmentPath;
    readonly traffic: SavedTraffic;
    readonly calls: number;
    readonly planAtCalls: number;
    readonly rates: DrawRates;
  }[];
  readonly bucket: SavedBucket;
  readonly suspicions: readonly (readonly [node: string, suspicion: Suspicion])[];
  readonly verdictsPerDay: number | null;
  readonly allowance: number;
  readonly room: number;
  readonly roomAt: number;
  readonly plannedAt: number;
  readonly stale: boolean;
  readonly foldedCalls: number;
};

/** For people and for series. */
export type RatesView = {
  readonly segments: readonly { readonly segment: string; readonly rates: DrawRates }[];
  /** Verdicts that are expected to be drawn in a day without suspicion. */
  readonly verdictsPerDay: number;
  /** 0 to 1; below 1 the judge's queue ran over, and less is drawn. */
  readonly room: number;
};

const AFTER_ALERT_FACTOR = 2;
/** Rates follow traffic and money once a minute, and suspicion at once. */
const PLAN_EVERY_MS = MINUTE_MS;
/** What bursts want within this time is held against what is left for them. */
const BURST_AHEAD_MS = HOUR_MS / 4;
/** A change of rates by less than this part of them begins no epoch. */
const SAME_RATE = 0.05;
const ROOM_MIN = 1 / 32;
const ROOM_BACK_MS = 5 * MINUTE_MS;

/**
 * The rates that calls are drawn at. They are set before a call, from other calls, from the setup,
 * from money and from suspicion, and each setting has a number: the weights of scores rest on that.
 */
export class Rates {
  #setup: RateSetup;
  readonly #segmentsMax: number;
  readonly #segments = new Map<string, Segment>();
  readonly #suspicions = new Map<string, Suspicion>();
  #bucket: BurstBucket;
  #epoch = 0;
  #verdictsPerDay: number | undefined;
  /** Verdicts a day by the last plan, of which bursts have their part. */
  #allowance = 0;
  #room = 1;
  #roomAt: EpochMs;
  #plannedAt: EpochMs;
  #stale = true;
  #foldedCalls = 0;

  constructor(setup: RateSetup, segmentsMax: number, at: EpochMs) {
    this.#setup = setup;
    this.#segmentsMax = segmentsMax;
    this.#bucket = new BurstBucket(at);
    this.#roomAt = at;
    this.#plannedAt = at;
  }

  /** Calls that were drawn at the common rates of `_other`, because there are too many segments. */
  get foldedCalls(): number {
    return this.#foldedCalls;
  }

  reload(setup: RateSetup): void {
    this.#setup = setup;
    this.#stale = true;
  }

  /** How many verdicts money leaves for a day; absent: no cap in dollars decides. */
  setVerdictsPerDay(verdicts: number | undefined): void {
    this.#verdictsPerDay = verdicts;
  }

  /**
   * Raises or lowers the rate of a node and of all segments below it, from the next call on; absent:
   * the node is calm again, and its episode ends.
   */
  setSuspicion(node: string, suspicion: Suspicion | undefined): void {
    this.#stale = true;
    if (suspicion === undefined) {
      this.#suspicions.delete(node);
      return this.#bucket.end(node);
    }
    this.#suspicions.set(node, suspicion);
    this.#bucket.begin(node);
  }

  /** The judge's queue ran over: half as much is drawn, and again more as time goes on without. */
  backOff(at: EpochMs): void {
    if (this.#room < 1 && at - this.#roomAt < PLAN_EVERY_MS) return;
    this.#room = Math.max(ROOM_MIN, this.#room / 2);
    this.#roomAt = at;
    this.#stale = true;
  }

  /** The segment that a call is drawn in, and its rates. */
  of(path: SegmentPath, at: EpochMs): { readonly path: SegmentPath; readonly rates: DrawRates } {
    const segment = this.#segmentOf(path, at);
    const due = at - this.#plannedAt >= PLAN_EVERY_MS || segment.calls >= segment.planAtCalls;
    if (this.#stale || due) this.#plan(at);
    return { path: segment.path, rates: segment.rates };
  }

  /** Counts a call that was drawn by what `of` gave; suspicion pays for what it alone made. */
  note(draw: Draw, path: SegmentPath): void {
    const segment = this.#segments.get(path[2]);
    assert(segment !== undefined, "a call is noted in the segment that it was drawn in");
    segment.calls++;
    const flagged = draw.coin * draw.openFlags.length;
    const load: Load = { calls: 1, candidates: candidateProbability(draw), flagged };
    segment.traffic.count(load, draw.at);
    if (draw.burst) this.#charge(path);
  }

  view(): RatesView {
    const segments = Array.from(this.#segments, ([segment, { rates }]) => ({ segment, rates }));
    return { segments, verdictsPerDay: this.#allowance, room: this.#room };
  }

  save(): SavedRates {
    return {
      epoch: this.#epoch,
      segments: Array.from(this.#segments.values(), (segment) => ({
        ...segment,
        traffic: segment.traffic.save(),
      })),
      bucket: this.#bucket.save(),
      suspicions: [...this.#suspicions],
      verdictsPerDay: this.#verdictsPerDay ?? null,
      allowance: this.#allowance,
      room: this.#room,
      roomAt: this.#roomAt,
      plannedAt: this.#plannedAt,
      stale: this.#stale,
      foldedCalls: this.#foldedCalls,
    };
  }

  load(saved: SavedRates): void {
    this.#epoch = saved.epoch;
    for (const segment of saved.segments)
      this.#segments.set(segment.path[2], { ...segment, traffic: Traffic.load(segment.traffic) });
    this.#bucket = BurstBucket.load(saved.bucket);
    for (const [node, suspicion] of saved.suspicions) this.#suspicions.set(node, suspicion);
    this.#verdictsPerDay = saved.verdictsPerDay ?? undefined;
    this.#allowance = saved.allowance;
    this.#room = saved.room;
    this.#roomAt = epochMs(saved.roomAt);
    this.#plannedAt = epochMs(saved.plannedAt);
    this.#stale = saved.stale;
    this.#foldedCalls = saved.foldedCalls;
  }

  #segmentOf(path: SegmentPath, at: EpochMs): Segment {
    const known = this.#segments.get(path[2]);
    // What it brought long ago says nothing of what it will bring.
    if (known !== undefined && !isGone(known, at)) return known;
    // One place is kept for the segment that takes what finds none.
    if (
      known === undefined &&
      this.#segments.size >= this.#segmentsMax - 1 &&
      path[2] !== OTHER_SEGMENT
    ) {
      this.#foldedCalls++;
      return this.#segmentOf([EVERYTHING, OTHER_SEGMENT, OTHER_SEGMENT], at);
    }
    const segment: Segment = {
      path,
      traffic: new Traffic(at),
      calls: 0,
      planAtCalls: 1,
      rates: { epoch: 0, candidate: 0, calm: 0, coverage: 0, flag: 0, rubrics: {} },
    };
    this.#segments.set(path[2], segment);
    this.#stale = true;
    return segment;
  }

  /** To the widest node that is suspicious. */
  #charge(path: SegmentPath): void {
    const node = path.find((one) => this.#suspicions.has(one));
    if (node !== undefined && this.#bucket.charge(node, this.#allowance)) this.#stale = true;
  }

  /** Sets all rates anew, from what is known before the call that is next. */
  #plan(at: EpochMs): void {
    this.#stale = false;
    this.#plannedAt = at;
    this.#bucket.fill(at);
    if (this.#room < 1 && at - this.#roomAt >= ROOM_BACK_MS) {
      this.#room = Math.min(1, this.#room * 2);
      this.#roomAt = at;
    }
    const planned = this.#planned(at);
    const asked = planned.map(({ load, share }) => ({ ...load, share }));
    const cap = this.#verdictsPerDay === undefined ? {} : { verdictsPerDay: this.#verdictsPerDay };
    const whole = sharesOf(asked, { part: 1, ...cap });
    const shares = this.#bucket.isFull ? whole : sharesOf(asked, { part: CALM_PART, ...cap });
    const rubrics = this.#rubricShares();
    const coverageMin = INCLUSION_MIN / Math.min(1, ...Object.values(rubrics));
    const calm = planned.map(({ load }, i) =>
      splitShare((shares[i] ?? 0) * this.#room, load, Math.min(1, coverageMin)),
    );
    this.#allowance = planned.reduce((sum, { load }, i) => sum + load.calls * (whole[i] ?? 0), 0);
    const wanted = planned.map(({ segment }, i) =>
      this.#wanted(segment.path, calm[i]?.candidate ?? 0),
    );
    const thin = this.#thinning(
      planned.map(
        ({ load }, i) => load.candidates * ((wanted[i] ?? 0) - (calm[i]?.candidate ?? 0)),
      ),
    );
    for (const [i, { segment }] of planned.entries()) {
      segment.planAtCalls = Math.max(2, 2 * segment.calls);
      const split = calm[i];
      if (split === undefined) continue;
      const candidate = split.candidate + thin * ((wanted[i] ?? 0) - split.candidate);
      this.#set(segment, { ...split, calm: split.candidate, candidate, rubrics });
    }
  }

  /** All segments that are not silent, with what is expected of them and what is asked for. */
  #planned(at: EpochMs): readonly { segment: Segment; load: Load; share: number }[] {
    const planned: { segment: Segment; load: Load; share: number }[] = [];
    for (const [key, segment] of this.#segments) {
      const { traffic, path } = segment;
      if (isGone(segment, at)) {
        this.#segments.delete(key);
        continue;
      }
      const share = ownShare(this.#setup.serviceRates, path[1]) ?? this.#setup.rate;
      planned.push({ segment, load: traffic.perDay(at), share });
    }
    return planned;
  }

  /** The part of judged calls that is judged by each rubric with a share of its own. */
  #rubricShares(): Readonly<Record<string, number>> {
    const { rate, rubricRates } = this.#setup;
    return Object.fromEntries(
      Object.entries(rubricRates).map(([name, share]) => {
        const part = Math.max(share, INCLUSION_MIN) / Math.max(rate, INCLUSION_MIN);
        return [name, Math.min(1, part)];
      }),
    );
  }

  /** The rate that suspicion asks for: the highest of the nodes that a segment belongs to. */
  #wanted(path: SegmentPath, calm: number): number {
    let wanted = calm;
    if (calm === 0) return wanted;
    for (const node of path) {
      const suspicion = this.#suspicions.get(node);
      if (suspicion === undefined) continue;
      let rate = AFTER_ALERT_FACTOR * calm;
      if (!("alerted" in suspicion) && !this.#bucket.isSpent(node))
        rate = "rate" in suspicion ? suspicion.rate : suspicion.factor * calm;
      wanted = Math.max(wanted, Math.min(1, rate));
    }
    return wanted;
  }

  /** The one factor by which all bursts are thinned, so that none empties what is left for them. */
  #thinning(wantedPerDay: readonly number[]): number {
    const perDay = wantedPerDay.reduce((sum, one) => sum + one, 0);
    const soon = (perDay * BURST_AHEAD_MS) / (24 * HOUR_MS);
    return soon === 0 ? 1 : Math.min(1, this.#bucket.left(this.#allowance) / soon);
  }

  #set(segment: Segment, rates: Omit<DrawRates, "epoch">): void {
    const { rates: before } = segment;
    const kept = (["candidate", "calm", "coverage", "flag"] as const).every((name) =>
      isSameRate(rates[name], before[name]),
    );
    if (kept && isSameShares(before.rubrics, rates.rubrics)) return;
    segment.rates = { epoch: ++this.#epoch, ...rates };
  }
}

/** Whether a segment brought nothing for a day. */
function isGone({ calls, traffic }: Segment, at: EpochMs): boolean {
  return calls > 0 && traffic.isSilent(at);
}

/** Close enough to begin no epoch; a rate of 1 is reached, and left, however close it is. */
function isSameRate(rate: number, before: number): boolean {
  if (rate === 1 || before === 1) return rate === before;
  return Math.abs(rate - before) <= SAME_RATE * before;
}

function isSameShares(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): boolean {
  const [left, right] = [Object.entries(one), Object.entries(other)];
  return left.length === right.length && left.every(([name, share]) => other[name] === share);
}
