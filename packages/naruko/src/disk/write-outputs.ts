import type { DuckDBConnection } from "@duckdb/node-api";
import type { ChunkRow, Transition } from "@naruko/core/model/engine-io";
import type { SettledDraw } from "@naruko/core/model/judge";
import { appendRows, appendTo, type Column } from "./append-rows.ts";
import { telemetryColumns } from "./encode-input.ts";
import {
  EVALUATION_TEXTS,
  evaluationNumber,
  type EvaluationColumns,
} from "./evaluation-columns.ts";
import { changedBy, numberIn, rowsOf } from "./read-rows.ts";
import type { ShapeIds } from "./shape-ids.ts";
import { writeCalls } from "./write-calls.ts";
import { writeChunks } from "./write-chunks.ts";

/** An effect as it travels to the worker. */
export type OutputRow =
  | {
      readonly kind: "keep";
      readonly seq: number;
      readonly at: number;
      /** Calls and evaluations, as `encodeTelemetry` makes them; points are passed over. */
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "keep-chunks"; readonly chunks: readonly ChunkRow[] }
  | {
      readonly kind: "keep-transitions";
      readonly seq: number;
      readonly transitions: readonly Transition[];
    }
  | {
      readonly kind: "keep-draws";
      readonly seq: number;
      readonly draws: readonly SettledDraw[];
    };

/** The highest `seq` whose rows may be on disk, by kind of output. */
export type Written = {
  readonly telemetry: number;
  readonly transitions: number;
  readonly draws: number;
};

export async function readWritten(connection: DuckDBConnection): Promise<Written> {
  const [row] = await rowsOf(
    connection,
    `SELECT greatest((SELECT coalesce(max(seq), 0) FROM call),
                     (SELECT coalesce(max(seq), 0) FROM evaluation)),
            (SELECT coalesce(max(seq), 0) FROM transition),
            (SELECT coalesce(max(seq), 0) FROM draw)`,
  );
  const [telemetry, transitions, draws] = [0, 1, 2].map((column) => numberIn(row?.[column]));
  return { telemetry: telemetry ?? 0, transitions: transitions ?? 0, draws: draws ?? 0 };
}

/**
 * Takes away the rows of inputs that are written again. Outputs come in the order of `seq`, so
 * only those up to the highest one on disk can be there already: after a restart, or handed in
 * twice. That is what stands in for a primary key.
 */
async function deleteAgain(
  connection: DuckDBConnection,
  table: string,
  seqs: readonly number[],
): Promise<void> {
  if (seqs.length === 0) return;
  await changedBy(connection, `DELETE FROM ${table} WHERE seq IN (${seqs.join(", ")})`);
}

type EvaluationBatch = {
  readonly seq: number;
  readonly at: number;
  readonly evaluations: EvaluationColumns;
};

async function writeEvaluations(
  connection: DuckDBConnection,
  batches: readonly EvaluationBatch[],
): Promise<void> {
  await appendTo(connection, "evaluation", (append) => {
    for (const { seq, at, evaluations } of batches) {
      const weights = new Map(evaluations.weights);
      append(evaluations.texts.length, [
        { type: "long", at: () => seq },
        { type: "int", at: (n) => n },
        { type: "long", at: () => at },
        ...EVALUATION_TEXTS.map((_, i): Column => ({
          type: "text",
          at: (n) => evaluations.texts[n]?.[i] ?? null,
        })),
        { type: "long", at: (n) => evaluationNumber(evaluations, n, "at") ?? 0 },
        { type: "float", at: (n) => evaluationNumber(evaluations, n, "score") },
        { type: "float", at: (n) => weights.get(n) ?? null },
      ]);
    }
  });
}

function textOf<T>(rows: readonly T[], of: (row: T) => string): Column {
  return {
    type: "text",
    at: (n) => {
      const row = rows[n];
      return row === undefined ? null : of(row);
    },
  };
}

async function writeTransitions(
  connection: DuckDBConnection,
  effects: readonly Extract<OutputRow, { kind: "keep-transitions" }>[],
): Promise<void> {
  for (const { seq, transitions } of effects) {
    const text = (of: (transition: Transition) => string): Column => textOf(transitions, of);
    await appendRows(connection, "transition", transitions.length, [
      { type: "long", at: () => seq },
      { type: "int", at: (n) => n },
      { type: "long", at: (n) => transitions[n]?.at ?? 0 },
      text(({ state }) => state),
      text(({ labels }) => JSON.stringify(labels.pairs)),
      text(({ annotations }) => JSON.stringify(annotations.pairs)),
      { type: "float", at: (n) => transitions[n]?.value ?? null },
      { type: "long", at: (n) => transitions[n]?.startsAt ?? 0 },
      text(({ group }) => group),
      text(({ file }) => file),
    ]);
  }
}

async function writeDraws(
  connection: DuckDBConnection,
  effects: readonly Extract<OutputRow, { kind: "keep-draws" }>[],
): Promise<void> {
  for (const { seq, draws } of effects) {
    const text = (of: (draw: SettledDraw) => string): Column => textOf(draws, of);
    await appendRows(connection, "draw", draws.length, [
      { type: "long", at: () => seq },
      { type: "int", at: (n) => n },
      { type: "long", at: (n) => draws[n]?.at ?? 0 },
      text(({ traceId }) => traceId),
      text(({ spanId }) => spanId),
      text(({ segment }) => segment),
      text(({ kinds }) => kinds.join(" ")),
      { type: "float", at: (n) => draws[n]?.inclusion ?? null },
      { type: "float", at: (n) => draws[n]?.costUsd ?? null },
      text(({ proof }) => proof),
      text(({ rubrics }) => JSON.stringify(rubrics)),
    ]);
  }
}

/** Of effects with the same `seq`, the last. */
function lastOfEach<T extends { readonly seq: number }>(effects: readonly T[]): readonly T[] {
  return [...new Map(effects.map((effect) => [effect.seq, effect])).values()];
}

/** Writes outputs within the caller's transaction; returns how far they reach. */
export async function writeOutputs(
  connection: DuckDBConnection,
  outputs: readonly OutputRow[],
  known: { readonly written: Written; readonly shapeIds: ShapeIds },
): Promise<Written> {
  const { written, shapeIds } = known;
  const kept = lastOfEach(outputs.filter((output) => output.kind === "keep"));
  const transitions = lastOfEach(outputs.filter((output) => output.kind === "keep-transitions"));
  const batches = kept.map(({ seq, at, bytes }) => ({ seq, at, ...telemetryColumns(bytes) }));

  const seqs = kept.map(({ seq }) => seq);
  const again = seqs.filter((seq) => seq <= written.telemetry);
  await deleteAgain(connection, "call", again);
  await deleteAgain(connection, "evaluation", again);
  await writeCalls(connection, batches, shapeIds);
  await writeEvaluations(connection, batches);

  const transitionSeqs = transitions.map(({ seq }) => seq);
  const transitionsAgain = transitionSeqs.filter((seq) => seq <= written.transitions);
  await deleteAgain(connection, "transition", transitionsAgain);
  await writeTransitions(connection, transitions);

  const draws = lastOfEach(outputs.filter((output) => output.kind === "keep-draws"));
  const drawSeqs = draws.map(({ seq }) => seq);
  const drawsAgain = drawSeqs.filter((seq) => seq <= written.draws);
  await deleteAgain(connection, "draw", drawsAgain);
  await writeDraws(connection, draws);

  const chunks = outputs.flatMap((output) => (output.kind === "keep-chunks" ? output.chunks : []));
  await writeChunks(connection, chunks);
  return {
    telemetry: Math.max(written.telemetry, ...seqs),
    transitions: Math.max(written.transitions, ...transitionSeqs),
    draws: Math.max(written.draws, ...drawSeqs),
  };
}
