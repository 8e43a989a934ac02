import type { DuckDBConnection } from "@duckdb/node-api";
import { LIST_FIELDS, SHAPE_FIELDS, type CallShape } from "./call-columns.ts";
import { numberIn, rowsOf, textIn } from "./read-rows.ts";

/**
 * Shapes remembered by their id. A sender that makes up ever new ones gets some written twice,
 * which costs rows but changes nothing: a call finds its shape by id.
 */
const REMEMBERED_SHAPES = 50_000;

/** A shape's fields in one order, whoever made the object. */
function keyOf(shape: CallShape): string {
  return JSON.stringify([...SHAPE_FIELDS, ...LIST_FIELDS].map((field) => shape[field] ?? null));
}

/** The column names of `call_shape` after `id`, in the order of the table. */
const COLUMNS = [...SHAPE_FIELDS, ...LIST_FIELDS].map((field) =>
  field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
);

/** Which id stands for which shape in the table `call_shape`. */
export class ShapeIds {
  #byKey = new Map<string, number>();
  #unwritten: { readonly id: number; readonly shape: CallShape }[] = [];
  #nextId: number;

  private constructor(nextId: number) {
    this.#nextId = nextId;
  }

  /** Begins after the ids that are on disk, knowing the latest of their shapes. */
  static async load(connection: DuckDBConnection): Promise<ShapeIds> {
    const [last] = await rowsOf(connection, "SELECT coalesce(max(id), 0) FROM call_shape");
    const ids = new ShapeIds(numberIn(last?.[0]) + 1);
    const from = Math.max(0, ids.#nextId - REMEMBERED_SHAPES);
    for (const [id, shape] of await readShapes(connection, `id >= ${String(from)}`)) {
      ids.#byKey.set(keyOf(shape), id);
    }
    return ids;
  }

  idOf(shape: CallShape): number {
    const key = keyOf(shape);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#byKey.size >= REMEMBERED_SHAPES) this.#byKey.clear();
    const id = this.#nextId++;
    this.#byKey.set(key, id);
    this.#unwritten.push({ id, shape });
    return id;
  }

  /** Shapes that got an id and are to be written. After a failed write, `load` anew. */
  takeUnwritten(): readonly { readonly id: number; readonly shape: CallShape }[] {
    const taken = this.#unwritten;
    this.#unwritten = [];
    return taken;
  }
}

/** The shapes on disk that fulfil a condition, by id. */
export async function readShapes(
  connection: DuckDBConnection,
  condition: string,
): Promise<Map<number, CallShape>> {
  const sql = `SELECT id, ${COLUMNS.join(", ")} FROM call_shape WHERE ${condition}`;
  const shapes = new Map<number, CallShape>();
  for (const [id, ...values] of await rowsOf(connection, sql)) {
    const shape: Record<string, unknown> = {};
    for (const [i, field] of SHAPE_FIELDS.entries()) {
      if (values[i] !== null) shape[field] = values[i];
    }
    for (const [i, field] of LIST_FIELDS.entries()) {
      const list = values[SHAPE_FIELDS.length + i] ?? null;
      if (list !== null) shape[field] = JSON.parse(textIn(list));
    }
    // The fields come from a `CallShape` by way of `write-calls.ts`, which writes each of them.
    shapes.set(numberIn(id), shape as CallShape);
  }
  return shapes;
}
