import type {
  CallRequest,
  Deleted,
  DiskStats,
  KeptCall,
  Read,
  RetentionPolicy,
  Snapshot,
} from "./disk.ts";
import type { InputLogOptions, Known, LogPage, LogPlace } from "./input-log.ts";
import type { InputRow } from "./input-rows.ts";
import type { Position } from "./log-segments.ts";
import type { ChunkPage, StoredChunk, StoredSeries } from "./read-chunks.ts";
import type { HistoryPage } from "./read-calls.ts";
import type { StoreOptions } from "./store.ts";
import type { OutputRow } from "./write-outputs.ts";

type Range = { readonly from: number; readonly to: number };

/** What a worker may be asked, and what each answer carries. */
export type Operations = Readonly<
  Record<string, { readonly request: unknown; readonly value: unknown }>
>;

/** What the main thread may ask of the worker that owns the database. */
export type DatabaseOperations = {
  readonly open: {
    readonly request: StoreOptions;
    readonly value: {
      readonly known: Known;
      /** Whether the file has inputs of version 1, which are moved into the log. */
      readonly hasOldInputs: boolean;
    };
  };
  /** The next inputs of version 1 after `after`; none at the end. */
  readonly oldInputs: {
    readonly request: { readonly after: number };
    readonly value: readonly InputRow[];
  };
  readonly dropOldInputs: { readonly request: undefined; readonly value: undefined };
  readonly keep: { readonly request: readonly OutputRow[]; readonly value: undefined };
  /** Answers with the seq up to which no start will need inputs. */
  readonly snapshot: { readonly request: Snapshot; readonly value: number };
  readonly recover: {
    readonly request: "latest" | "previous";
    readonly value: Snapshot | undefined;
  };
  readonly chunkPage: {
    readonly request: { readonly since: number; readonly afterId: number };
    readonly value: ChunkPage;
  };
  readonly series: {
    readonly request: Range & { readonly metric?: string };
    readonly value: readonly StoredSeries[];
  };
  readonly chunks: {
    readonly request: Range & { readonly ids: readonly number[]; readonly samples: number };
    readonly value: readonly StoredChunk[];
  };
  readonly calls: { readonly request: CallRequest; readonly value: readonly KeptCall[] };
  readonly history: {
    readonly request: Range & { readonly after: number };
    readonly value: HistoryPage;
  };
  readonly retain: { readonly request: RetentionPolicy; readonly value: Deleted };
  readonly stats: { readonly request: undefined; readonly value: DiskStats };
  readonly close: { readonly request: undefined; readonly value: undefined };
};

/** What the main thread may ask of the worker that owns the log of inputs. */
export type LogOperations = {
  readonly open: {
    readonly request: { readonly options: InputLogOptions; readonly known: Known };
    readonly value: undefined;
  };
  /** Opens the log without what is in its folder. */
  readonly begin: { readonly request: InputLogOptions; readonly value: undefined };
  readonly commit: { readonly request: readonly InputRow[]; readonly value: undefined };
  readonly inputs: {
    readonly request: { readonly after: number; readonly from?: LogPlace };
    readonly value: LogPage;
  };
  /** Inputs up to this seq are needed no more. */
  readonly drop: { readonly request: { readonly through: number }; readonly value: undefined };
  /** The last committed input. */
  readonly position: { readonly request: undefined; readonly value: Position };
  readonly bytes: { readonly request: undefined; readonly value: number };
  readonly close: { readonly request: undefined; readonly value: undefined };
};

/** A request as it travels; `id` comes back with the answer. */
export type AskedOf<Ops extends Operations> = {
  readonly [Op in keyof Ops & string]: {
    readonly id: number;
    readonly op: Op;
    readonly request: Ops[Op]["request"];
  };
}[keyof Ops & string];

export type Answered =
  | { readonly id: number; readonly result: Read<unknown> }
  /** Outputs cannot be written for this reason, or can again. */
  | { readonly trouble: string | undefined };
