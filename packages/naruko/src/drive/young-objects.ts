import { setFlagsFromString } from "node:v8";

/**
 * Lets V8 make all objects as young ones.
 *
 * It notes which places in the code make objects that live long, and makes theirs among the old ones. Most
 * of what a server makes are the records of a request that is being read, and any collection finds
 * those of one request alive: while the room for young objects is still small, that is nearly all of
 * them, and they are taken to live long from then on. What such an object refers to is kept, and
 * copied, until all garbage is collected, so that each collection of young objects made senders wait
 * some five times longer.
 */
export function keepYoungObjectsYoung(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
}
