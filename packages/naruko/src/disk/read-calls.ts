import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { assert } from "@naruko/core/model/assert";
import type { Call, CallText } from "@naruko/core/model/call";
import type { Evaluation } from "@naruko/core/model/evaluation";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { epochMs } from "@naruko/core/model/time";
import { NUMBER_FIELDS, STRING_FIELDS, USAGE_FIELDS, type CallShape } from "./call-columns.ts";
import type { CallRequest, KeptCall } from "./disk.ts";
import { EVALUATION_TEXTS, evaluationOf } from "./evaluation-columns.ts";
import { numberIn, numberOrNull, rowsOf, textOrNull } from "./read-rows.ts";
import { readShapes } from "./shape-ids.ts";

/** The calls and evaluations of one input. */
export type HistoryRow = {
  readonly seq: number;
  readonly at: number;
  readonly telemetry: Telemetry;
};

/** A page of history, and where the next one begins; undefined at the end. */
export type HistoryPage = { readonly rows: readonly HistoryRow[]; readonly next?: number };

/** Rows of a page of history, about. */
const PAGE_ROWS = 10_000;

function fieldsOf(
  names: readonly string[],
  values: readonly (DuckDBValue | undefined)[],
): Record<string, DuckDBValue> {
  const fields: Record<string, DuckDBValue> = {};
  for (const [i, name] of names.entries()) {
    const value = values[i] ?? null;
    if (value !== null) fields[name] = typeof value === "bigint" ? Number(value) : value;
  }
  return fields;
}

/** A row of `call` without its first four columns, with its shape. */
function callOf(values: readonly DuckDBValue[], shape: CallShape): Call {
  const numbersFrom = STRING_FIELDS.length;
  const usageFrom = numbersFrom + NUMBER_FIELDS.length;
  const textFrom = usageFrom + USAGE_FIELDS.length;
  const text = textOrNull(values[textFrom]);
  // The columns come from a `Call` by way of `write-calls.ts`, which writes each field.
  return {
    ...shape,
    ...fieldsOf(STRING_FIELDS, values.slice(0, numbersFrom)),
    ...fieldsOf(NUMBER_FIELDS, values.slice(numbersFrom, usageFrom)),
    usage: fieldsOf(USAGE_FIELDS, values.slice(usageFrom, textFrom)),
    ...(text !== null && { text: JSON.parse(text) as CallText }),
  } as Call;
}

/** Calls of a statement that selects `call.*`. */
async function keptCalls(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[],
): Promise<readonly KeptCall[]> {
  const rows = await rowsOf(connection, sql, values);
  const ids = [...new Set(rows.map((row) => numberIn(row[3])))];
  if (ids.length === 0) return [];
  const shapes = await readShapes(connection, `id IN (${ids.join(", ")})`);
  return rows.map(([seq, n, at, shapeId, ...rest]) => {
    const shape = shapes.get(numberIn(shapeId));
    assert(shape !== undefined, "every call's shape is on disk");
    return {
      seq: numberIn(seq),
      n: numberIn(n),
      at: epochMs(numberIn(at)),
      call: callOf(rest, shape),
    };
  });
}

/** The calls that a request asks for, newest first. */
export async function readCalls(
  connection: DuckDBConnection,
  { from, to, service, limit }: CallRequest,
): Promise<readonly KeptCall[]> {
  const ofService =
    service === undefined ? "" : "AND shape_id IN (SELECT id FROM call_shape WHERE service = $4)";
  return await keptCalls(
    connection,
    `SELECT * FROM call WHERE at_ms BETWEEN $1 AND $2 ${ofService}
     ORDER BY seq DESC, n DESC LIMIT $3`,
    [BigInt(from), BigInt(to), limit, ...(service === undefined ? [] : [service])],
  );
}

async function readEvaluations(
  connection: DuckDBConnection,
  seqs: readonly [number, number],
): Promise<readonly { seq: number; at: number; evaluation: Evaluation }[]> {
  const rows = await rowsOf(
    connection,
    "SELECT * FROM evaluation WHERE seq BETWEEN $1 AND $2 ORDER BY seq, n",
    seqs.map(BigInt),
  );
  return rows.map(([seq, _n, at, ...rest]) => {
    const texts = rest.slice(0, EVALUATION_TEXTS.length).map(textOrNull);
    const [time, score, weight] = rest.slice(EVALUATION_TEXTS.length);
    const evaluation = evaluationOf(texts, {
      at: numberIn(time),
      score: numberOrNull(score),
      weight: numberOrNull(weight),
    });
    return { seq: numberIn(seq), at: numberIn(at), evaluation };
  });
}

/** The last `seq` of a page that begins after `after`: about `PAGE_ROWS` rows, whole inputs. */
async function pageEnd(
  connection: DuckDBConnection,
  range: readonly DuckDBValue[],
): Promise<number | undefined> {
  const [row] = await rowsOf(
    connection,
    `SELECT max(seq) FROM (
       SELECT seq FROM (SELECT seq, at_ms FROM call UNION ALL SELECT seq, at_ms FROM evaluation)
       WHERE seq > $1 AND at_ms BETWEEN $2 AND $3 ORDER BY seq LIMIT $4)`,
    [...range, PAGE_ROWS],
  );
  const end = numberOrNull(row?.[0]);
  return end ?? undefined;
}

/** Kept telemetry of inputs after `after` with `at` in a range, an input a row, in order. */
export async function readHistory(
  connection: DuckDBConnection,
  { after, from, to }: { readonly after: number; readonly from: number; readonly to: number },
): Promise<HistoryPage> {
  const end = await pageEnd(connection, [after, from, to].map(BigInt));
  if (end === undefined) return { rows: [] };
  const calls = await keptCalls(
    connection,
    `SELECT * FROM call WHERE seq > $1 AND seq <= $2 AND at_ms BETWEEN $3 AND $4
     ORDER BY seq, n`,
    [after, end, from, to].map(BigInt),
  );
  const evaluations = await readEvaluations(connection, [after + 1, end]);
  const bySeq = new Map<number, { at: number; calls: Call[]; evaluations: Evaluation[] }>();
  const rowOf = (seq: number, at: number): { calls: Call[]; evaluations: Evaluation[] } => {
    const found = bySeq.get(seq) ?? { at, calls: [], evaluations: [] };
    bySeq.set(seq, found);
    return found;
  };
  for (const { seq, at, call } of calls) rowOf(seq, at).calls.push(call);
  for (const { seq, at, evaluation } of evaluations) {
    if (at >= from && at <= to) rowOf(seq, at).evaluations.push(evaluation);
  }
  const rows = [...bySeq]
    .toSorted(([a], [b]) => a - b)
    .map(([seq, row]) => ({
      seq,
      at: row.at,
      telemetry: { calls: row.calls, points: [], evaluations: row.evaluations },
    }));
  return { rows, next: end };
}
