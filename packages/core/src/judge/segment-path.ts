import { type Call, modelOf } from "../model/call.ts";

/** The node that everything belongs to. */
export const EVERYTHING = "";
/** The segment of calls beyond the limit of segments. */
export const OTHER_SEGMENT = "_other";

/** The nodes that a call belongs to, from the widest to its segment: all, service, service × provider × model. */
export type SegmentPath = readonly [everything: string, service: string, segment: string];

/** Segments are named for people: `chat|openai|gpt-4o-mini`. */
export function segmentPath(call: Call): SegmentPath {
  const { service, provider = "" } = call;
  return [EVERYTHING, service, `${service}|${provider}|${modelOf(call)}`];
}
