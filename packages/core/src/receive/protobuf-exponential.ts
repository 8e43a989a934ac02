import { readAttribute } from "./protobuf-attributes.ts";
import type { AttributeValue, ExponentialBuckets, ExponentialPoint } from "./records.ts";
import { NO_TIME } from "./unix-nano.ts";
import type { WireReader } from "./wire-reader.ts";

const NO_BUCKETS: ExponentialBuckets = { offset: 0, counts: [] };

/** Reads the ExponentialHistogramDataPoint that the current field holds into `points`. */
export function readExponentialPoint(reader: WireReader, points: ExponentialPoint[]): void {
  if (!reader.tally.admitsRecord()) {
    reader.skip();
    return;
  }
  const outer = reader.enter();
  const attributes = new Map<string, AttributeValue>();
  let start = NO_TIME;
  let time = NO_TIME;
  let count = 0;
  let sum: number | undefined;
  let scale = 0;
  let zeroCount = 0;
  let zeroThreshold = 0;
  let positive = NO_BUCKETS;
  let negative = NO_BUCKETS;
  let flags = 0;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        readAttribute(reader, attributes);
        break;
      case 2:
        start = reader.time();
        break;
      case 3:
        time = reader.time();
        break;
      case 4:
        count = reader.fixed64();
        break;
      case 5:
        sum = reader.double();
        break;
      case 6:
        scale = reader.sint64();
        break;
      case 7:
        zeroCount = reader.fixed64();
        break;
      case 8:
        positive = readBuckets(reader);
        break;
      case 9:
        negative = readBuckets(reader);
        break;
      case 10:
        flags = reader.uint32();
        break;
      case 14:
        zeroThreshold = reader.double();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  const zero = { zeroCount, zeroThreshold };
  const times = { startAt: start.at, at: time.at };
  points.push({ attributes, ...times, count, sum, scale, ...zero, positive, negative, flags });
}

function readBuckets(reader: WireReader): ExponentialBuckets {
  const outer = reader.enter();
  const counts: number[] = [];
  let offset = 0;
  while (reader.next()) {
    if (reader.field === 1) offset = reader.sint64();
    else if (reader.field === 2) reader.repeatedUint64(counts);
    else reader.skip();
  }
  reader.leave(outer);
  return { offset, counts };
}
