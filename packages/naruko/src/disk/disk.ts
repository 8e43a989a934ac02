import type { Call } from "@naruko/core/model/call";
import type { ChunkRow, Effect, Input } from "@naruko/core/model/engine-io";
import type { Labels } from "@naruko/core/model/labels";
import type { Outcome } from "@naruko/core/model/outcome";
import type { EpochMs } from "@naruko/core/model/time";

/** What a read came to; like `Outcome`, with a value. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly retry: boolean; readonly reason: string };

/** Outputs of the engine that the disk keeps. Each is keyed, so that keeping it twice changes nothing. */
export type KeptEffect = Extract<
  Effect,
  { readonly kind: "keep" | "keep-chunks" | "keep-transitions" | "keep-draws" }
>;

/** The engine's state after all inputs up to `seq`. */
export type Snapshot = {
  readonly seq: number;
  readonly at: EpochMs;
  /** The version of the engine's state format; the engine refuses those that it does not know. */
  readonly version: number;
  /** JSON. */
  readonly state: string;
  /** The open heads of the series, in the store's own encoding. */
  readonly heads: Uint8Array;
};

/** What a start needs: the state to begin with and everything committed after it. */
export type Recovery = {
  /** Absent on a fresh disk: the inputs then begin at the first one. */
  readonly snapshot?: Snapshot;
  /** Of the last committed input, or of the snapshot where none follows it; 0 on a fresh disk. */
  readonly lastSeq: number;
  readonly lastAt: EpochMs;
};

/** Which calls to list; newest first. */
export type CallRequest = {
  /** Calls whose input has `at` in [from, to]. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly service?: string;
  readonly limit: number;
};

/** A call as kept: with the input that brought it and its place within that input. */
export type KeptCall = {
  readonly seq: number;
  readonly n: number;
  readonly at: EpochMs;
  readonly call: Call;
};

/** Which series of the disk a query wants. */
export type ChunkRequest = {
  /** The metric name, where the query fixes it; the rest of the matching is `matches`. */
  readonly metric?: string;
  readonly matches: (labels: Labels) => boolean;
  /** Chunks that overlap [from, to]. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** Samples that may be loaded; more is refused before any is. */
  readonly samples: number;
};

export type RetentionPolicy = {
  readonly at: EpochMs;
  /** Chunks that end more than this before `at` go. */
  readonly seriesMs: number;
  /** Calls, evaluations, transitions and draws older than this go. */
  readonly callsMs: number;
  /** Bytes in use on disk; above it the oldest go first. */
  readonly maxBytes: number;
};

/** Rows deleted, by table. */
export type Deleted = {
  readonly calls: number;
  readonly evaluations: number;
  readonly transitions: number;
  readonly draws: number;
  readonly chunks: number;
  readonly series: number;
};

export type DiskStats = {
  /** The database file with its write-ahead log, and the log of inputs. */
  readonly fileBytes: number;
  readonly calls: number;
  readonly evaluations: number;
  readonly transitions: number;
  readonly draws: number;
  readonly chunks: number;
  readonly series: number;
};

/** What waits for the disk: the listener answers 503 above a limit of bytes. */
export type Queued = {
  readonly inputs: number;
  readonly inputBytes: number;
  /** Effects to keep, and their approximate bytes. */
  readonly effects: number;
  readonly effectBytes: number;
  /** Why outputs cannot be written; they are tried again until they can. */
  readonly trouble?: string;
};

/**
 * Where everything is that must outlive the process. The program has one over DuckDB; the
 * simulation has one in memory that fails on purpose.
 *
 * Inputs are committed, then applied, then acknowledged. Outputs follow in order, without anybody
 * waiting for them; a snapshot is written after the outputs that were handed in before it, so that
 * what the inputs behind it would make again is there already (DESIGN section 2).
 */
export type Disk = {
  /**
   * Writes inputs, all or none; durable once it resolves. Their `seq` goes on from the last
   * committed one. A refusal changes nothing, and the same inputs may be tried again.
   */
  readonly commit: (inputs: readonly Input[]) => Promise<Outcome>;
  /**
   * Writes outputs, after all that were handed in before. What cannot be written is tried again
   * until it can (`queued().trouble` tells why), so that no snapshot ever overtakes it; the outcome
   * is a refusal only when the disk is closed or gone. All calls of one `seq` come in one effect.
   */
  readonly keep: (effects: readonly KeptEffect[]) => Promise<Outcome>;
  /**
   * Writes a snapshot after the outputs handed in before it. The two latest are kept, and with them
   * the inputs after the older one, so that a snapshot that turns out unreadable costs time only.
   * Its `heads` are taken over: they may be empty for the caller from here on.
   */
  readonly saveSnapshot: (snapshot: Snapshot) => Promise<Outcome>;
  /** @param which `previous` goes back to the older snapshot, for when the latest cannot be used */
  readonly recover: (which: "latest" | "previous") => Promise<Read<Recovery>>;
  /** Committed inputs after `seq`, in order. Throws where the disk cannot be read. */
  readonly inputsAfter: (seq: number) => AsyncIterable<Input>;
  /** Chunks that end at or after `from`, by series and time, in pages. Throws as above. */
  readonly chunksSince: (from: EpochMs) => AsyncIterable<readonly ChunkRow[]>;
  /** Chunks of matching series, by series and time, for a query that reaches further than memory. */
  readonly chunks: (request: ChunkRequest) => Promise<Read<readonly ChunkRow[]>>;
  /** Label sets that have a chunk overlapping [from, to]; of one metric where it is given. */
  readonly series: (range: {
    readonly from: EpochMs;
    readonly to: EpochMs;
    readonly metric?: string;
  }) => Promise<Read<readonly Labels[]>>;
  readonly calls: (request: CallRequest) => Promise<Read<readonly KeptCall[]>>;
  /**
   * Kept calls and evaluations as telemetry inputs, in order, for a replay of what is on disk.
   * Throws where the disk cannot be read.
   */
  readonly history: (range: {
    readonly from: EpochMs;
    readonly to: EpochMs;
  }) => AsyncIterable<Input>;
  readonly retain: (policy: RetentionPolicy) => Promise<Read<Deleted>>;
  readonly stats: () => Promise<Read<DiskStats>>;
  readonly queued: () => Queued;
  /** Writes what waits, once, and closes. */
  readonly close: () => Promise<void>;
};
