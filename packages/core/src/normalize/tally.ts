/** How often something happened, by its named reason. */
export type Tally = Map<string, number>;

/** Adds to one reason's count. */
export function count(tally: Tally, reason: string, by = 1): void {
  tally.set(reason, (tally.get(reason) ?? 0) + by);
}
