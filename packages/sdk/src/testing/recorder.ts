import type { Generation } from "../conventions.ts";
import { OwnMeter } from "../export/own-meter.ts";
import { OwnTracer } from "../export/own-tracer.ts";
import { instrumentsOf } from "../instruments.ts";
import type { Telemetry } from "../telemetry.ts";
import { fieldsOf, listOf } from "../unknown.ts";

export type RecordedSpan = {
  readonly name: string;
  readonly status: number;
  readonly durationMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
};

/** Takes telemetry as the server would get it. */
export class Recorder {
  readonly spans: RecordedSpan[] = [];
  readonly meter: OwnMeter = new OwnMeter();
  readonly tracer: OwnTracer = new OwnTracer((span) => this.spans.push(spanOf(span)));

  telemetry(generation: Generation = "released"): Telemetry {
    return { tracer: this.tracer, instruments: instrumentsOf(this.meter, generation) };
  }

  /** How often each histogram and counter was recorded in, by its name. */
  metrics(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const text of this.meter.collect()) {
      const { name, histogram, sum } = fieldsOf(JSON.parse(text));
      const points = listOf(fieldsOf(histogram ?? sum)["dataPoints"]);
      counts[String(name)] = points.reduce<number>(
        (total, point) => total + Number(fieldsOf(point)["count"] ?? 1),
        0,
      );
    }
    return counts;
  }
}

function spanOf(text: string): RecordedSpan {
  const span = fieldsOf(JSON.parse(text));
  const pairs = listOf(span["attributes"]).map((pair): [string, unknown] => {
    const { key, value } = fieldsOf(pair);
    return [String(key), plain(value)];
  });
  const nanos = BigInt(String(span["endTimeUnixNano"])) - BigInt(String(span["startTimeUnixNano"]));
  return {
    name: String(span["name"]),
    status: Number(fieldsOf(span["status"])["code"]),
    durationMs: Number(nanos) / 1e6,
    attributes: Object.fromEntries(pairs),
  };
}

function plain(value: unknown): unknown {
  const { intValue, arrayValue, ...rest } = fieldsOf(value);
  if (intValue !== undefined) return Number(intValue);
  if (arrayValue !== undefined) return listOf(fieldsOf(arrayValue)["values"]).map(plain);
  return Object.values(rest)[0];
}
