import type { DuckDBConnection } from "@duckdb/node-api";
import { appendRows, appendTo, type Column } from "./append-rows.ts";
import {
  LIST_FIELDS,
  NUMBER_FIELDS,
  numberAt,
  SHAPE_FIELDS,
  shapeAt,
  STRING_FIELDS,
  USAGE_FIELDS,
  type CallColumns,
  type CallShape,
} from "./call-columns.ts";
import type { ShapeIds } from "./shape-ids.ts";

/** The calls of one input, as they are kept. */
export type CallBatch = {
  readonly seq: number;
  readonly at: number;
  readonly calls: CallColumns;
};

/** The fields that are whole numbers beyond 32 bits. */
const TIMES: readonly string[] = ["startAt", "endAt"];

async function writeShapes(
  connection: DuckDBConnection,
  shapes: readonly { readonly id: number; readonly shape: CallShape }[],
): Promise<void> {
  const field = (n: number, name: keyof CallShape): unknown => shapes[n]?.shape[name];
  const fields = SHAPE_FIELDS.map((name): Column => {
    if (name === "stream") return { type: "boolean", at: (n) => field(n, name) === true };
    return {
      type: "text",
      at: (n) => {
        const value = field(n, name);
        return typeof value === "string" ? value : null;
      },
    };
  });
  const lists = LIST_FIELDS.map((name): Column => ({
    type: "text",
    at: (n) => (field(n, name) === undefined ? null : JSON.stringify(field(n, name))),
  }));
  const id: Column = { type: "int", at: (n) => shapes[n]?.id ?? 0 };
  await appendRows(connection, "call_shape", shapes.length, [id, ...fields, ...lists]);
}

function columnsOf(batch: CallBatch, ids: readonly number[]): readonly Column[] {
  const { calls } = batch;
  const texts = new Map(calls.texts);
  const textAt = (n: number): string | null => {
    const text = texts.get(n);
    return text === undefined ? null : JSON.stringify(text);
  };
  return [
    { type: "long", at: () => batch.seq },
    { type: "int", at: (n) => n },
    { type: "long", at: () => batch.at },
    { type: "int", at: (n) => ids[shapeAt(calls, n)] ?? 0 },
    ...STRING_FIELDS.map((_, i): Column => {
      const strings = calls.strings[i];
      return { type: "text", at: (n) => strings?.[n] ?? null };
    }),
    ...NUMBER_FIELDS.map((name, place): Column => {
      if (!TIMES.includes(name)) return { type: "float", at: (n) => numberAt(calls, n, place) };
      return { type: "long", at: (n) => numberAt(calls, n, place) ?? 0 };
    }),
    ...USAGE_FIELDS.map((_, i): Column => ({
      type: "float",
      at: (n) => numberAt(calls, n, NUMBER_FIELDS.length + i),
    })),
    { type: "text", at: textAt },
  ];
}

/**
 * Writes calls within the caller's transaction, without the rows of their inputs that may be there
 * from before a restart.
 */
export async function writeCalls(
  connection: DuckDBConnection,
  batches: readonly CallBatch[],
  shapeIds: ShapeIds,
): Promise<void> {
  const ids = batches.map(({ calls }) => calls.shapes.map((shape) => shapeIds.idOf(shape)));
  await writeShapes(connection, shapeIds.takeUnwritten());
  await appendTo(connection, "call", (append) => {
    for (const [i, batch] of batches.entries()) {
      append(batch.calls.count, columnsOf(batch, ids[i] ?? []));
    }
  });
}
