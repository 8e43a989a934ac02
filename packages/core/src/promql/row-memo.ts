import type { Labels } from "../model/labels.ts";

/** The rows of a grid. Nobody changes the list once it is made. */
export type Rows = readonly Labels[];

/**
 * Hands out the same list of rows as the last time where the series are the same ones. A rule finds
 * the same series tick after tick, so that what is derived from all rows together can be known by
 * their list, instead of asked for row by row.
 */
export class RowLists {
  private readonly last = new WeakMap<object, Rows>();

  /** @param owner whose rows they are: a node of the expression */
  of(owner: object, series: readonly { readonly labels: Labels }[]): Rows {
    const last = this.last.get(owner);
    if (last !== undefined && isOf(last, series)) return last;
    const rows = series.map(({ labels }) => labels);
    this.last.set(owner, rows);
    return rows;
  }
}

function isOf(rows: Rows, series: readonly { readonly labels: Labels }[]): boolean {
  if (rows.length !== series.length) return false;
  for (let row = 0; row < rows.length; row++) if (rows[row] !== series[row]?.labels) return false;
  return true;
}

/** What was derived last for an owner, for as long as its rows stay the same list. */
export class RowMemo<Derived> {
  private readonly known = new WeakMap<
    object,
    { readonly rows: Rows; readonly derived: Derived }
  >();

  /** @param derive from the rows and from what never changes of the owner, and from nothing else */
  of(owner: object, rows: Rows, derive: (rows: Rows) => Derived): Derived {
    const known = this.known.get(owner);
    if (known?.rows === rows) return known.derived;
    const derived = derive(rows);
    this.known.set(owner, { rows, derived });
    return derived;
  }
}
