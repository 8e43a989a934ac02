/** An input as it travels to a worker thread and back. */
export type InputRow = {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  /** As `encodeInput` makes them. */
  readonly bytes: Uint8Array;
};
