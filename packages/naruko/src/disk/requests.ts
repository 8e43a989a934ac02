import type {
  CallRequest,
  Deleted,
  DiskStats,
  KeptCall,
  Read,
  Recovery,
  RetentionPolicy,
  Snapshot,
} from "./disk.ts";
import type { InputRow } from "./inputs.ts";
import type { ChunkPage, StoredChunk, StoredSeries } from "./read-chunks.ts";
import type { HistoryPage } from "./read-calls.ts";
import type { StoreOptions } from "./store.ts";
import type { OutputRow } from "./write-outputs.ts";

type Range = { readonly from: number; readonly to: number };

/** What the main thread may ask of the worker, and what each answer carries. */
export type Operations = {
  readonly open: { readonly request: StoreOptions; readonly value: undefined };
  readonly commit: { readonly request: readonly InputRow[]; readonly value: undefined };
  readonly keep: { readonly request: readonly OutputRow[]; readonly value: undefined };
  readonly snapshot: { readonly request: Snapshot; readonly value: undefined };
  readonly recover: { readonly request: "latest" | "previous"; readonly value: Recovery };
  readonly inputs: {
    readonly request: { readonly after: number };
    readonly value: readonly InputRow[];
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

export type Operation = keyof Operations;

/** A request as it travels; `id` comes back with the answer. */
export type Asked = {
  readonly [Op in Operation]: {
    readonly id: number;
    readonly op: Op;
    readonly request: Operations[Op]["request"];
  };
}[Operation];

export type Answered =
  | { readonly id: number; readonly result: Read<unknown> }
  /** Outputs cannot be written for this reason, or can again. */
  | { readonly trouble: string | undefined };
