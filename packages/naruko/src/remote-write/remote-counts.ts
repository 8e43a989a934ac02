/** Why a sample is not sent at all. */
export type LeftOut = "relabelled" | "too-old" | "native-histogram";

/** What became of the samples for one remote, for `/metrics`. */
export class RemoteCounts {
  sent = 0;
  /** Samples that the remote refused for good. */
  refused = 0;
  /** Exemplars that the remote took. */
  exemplars = 0;
  requests = 0;
  retries = 0;
  readonly leftOut: Map<LeftOut, number> = new Map([
    ["relabelled", 0],
    ["too-old", 0],
    ["native-histogram", 0],
  ]);

  leave(reason: LeftOut, samples: number): void {
    this.leftOut.set(reason, (this.leftOut.get(reason) ?? 0) + samples);
  }
}
