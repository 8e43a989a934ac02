/**
 * Something that the doctor says. `wrong` makes figures or alerts untrue; `missing` leaves
 * something out that could be there; `fine` is what is as it should be.
 */
export type Finding = {
  readonly level: "fine" | "missing" | "wrong";
  readonly about: string;
  readonly says: string;
  /** The line that mends it. */
  readonly mend?: string;
};

export function wrong(about: string, says: string, mend?: string): Finding {
  return { level: "wrong", about, says, ...(mend !== undefined && { mend }) };
}

export function fine(about: string, says: string): Finding {
  return { level: "fine", about, says };
}
