import {
  civilTime,
  durationText,
  formatTime,
  monthName,
  timeText,
  weekdayName,
} from "./civil-time.ts";
import type { TemplateFunction } from "./functions.ts";
import { plainText } from "./go-format.ts";
import type { GoDuration, GoTime, GoValue } from "./value.ts";

function constant(value: GoValue): TemplateFunction {
  return { parameters: [], call: () => value };
}

/** The methods of Go's time.Time and time.Duration that texts about alerts use. */
export function methodOf(receiver: GoValue, name: string): TemplateFunction | undefined {
  if (typeof receiver !== "object") return undefined;
  if (receiver.kind === "time") return timeMethod(receiver, name);
  if (receiver.kind === "duration") return durationMethod(receiver, name);
  if (receiver.kind === "named-int" && name === "String") return constant(receiver.name);
  return undefined;
}

function timeMethod(time: GoTime, name: string): TemplateFunction | undefined {
  const { ms } = time;
  const civil = civilTime(ms);
  switch (name) {
    case "Format":
      return { parameters: ["string"], call: ([layout]) => formatTime(ms, plainText(layout)) };
    case "Add":
      return { parameters: ["duration"], call: ([by]) => later(time, by) };
    case "UTC":
      return constant(time);
    case "String":
      return constant(timeText(ms));
    case "Unix":
      return constant(BigInt(Math.floor(ms / 1000)));
    case "UnixMilli":
      return constant(BigInt(ms));
    case "UnixNano":
      return constant(BigInt(ms) * 1_000_000n);
    case "Year":
      return constant(BigInt(civil.year));
    case "Month":
      return constant(named("time.Month", civil.month, monthName(civil.month)));
    case "Day":
      return constant(BigInt(civil.day));
    case "Hour":
      return constant(BigInt(civil.hour));
    case "Minute":
      return constant(BigInt(civil.minute));
    case "Second":
      return constant(BigInt(civil.second));
    case "Weekday":
      return constant(named("time.Weekday", civil.weekday, weekdayName(civil.weekday)));
    case "YearDay":
      return constant(BigInt(civil.yearDay));
    default:
      return undefined;
  }
}

function named(type: string, value: number, name: string): GoValue {
  return { kind: "named-int", type, value: BigInt(value), name };
}

function later(time: GoTime, by: GoValue): GoValue {
  const ns = typeof by === "object" && by.kind === "duration" ? by.ns : 0n;
  return { kind: "time", ms: time.ms + Number(ns / 1_000_000n) };
}

function durationMethod({ ns }: GoDuration, name: string): TemplateFunction | undefined {
  switch (name) {
    case "String":
      return constant(durationText(ns));
    case "Hours":
      return constant(Number(ns) / 3.6e12);
    case "Minutes":
      return constant(Number(ns) / 6e10);
    case "Seconds":
      return constant(Number(ns) / 1e9);
    case "Milliseconds":
      return constant(ns / 1_000_000n);
    case "Microseconds":
      return constant(ns / 1000n);
    case "Nanoseconds":
      return constant(ns);
    default:
      return undefined;
  }
}
