import { Engine } from "@naruko/core/engine/engine";
import { assert } from "@naruko/core/model/assert";
import type { InputBody } from "@naruko/core/model/engine-io";
import type { Outcome } from "@naruko/core/model/outcome";
import { epochMs } from "@naruko/core/model/time";
import { EventTime } from "../drive/event-time.ts";
import { Live } from "../drive/live.ts";
import { VirtualClock } from "../drive/virtual-clock.ts";
import { Collector } from "./drivers.ts";
import type { Driver, Prepared, Run } from "./drivers.ts";
import { startOf, timeline } from "./timeline.ts";

/** The driver of `naruko serve`, on a clock that the scenario moves and a disk that forgets. */
export const liveDriver: Driver = { name: "live", run: runLive };

const ok = (): Promise<Outcome> => Promise.resolve({ ok: true });

async function runLive({ scenario, setup, options }: Prepared): Promise<Run> {
  const { intervalMs } = scenario;
  const start = startOf(scenario);
  const collector = new Collector();
  const clock = new VirtualClock(start);
  const engine = new Engine(options);
  const live = new Live({
    engine,
    clock,
    intervalMs,
    time: new EventTime(clock, start),
    queueBytes: options.limits.queueBytes,
    lastSeq: 0,
    lastTick: epochMs(start - intervalMs),
    disk: {
      commit: ok,
      saveSnapshot: ok,
      keep: (effects) => {
        for (const effect of effects) collector.take(effect);
        return ok();
      },
    },
    senders: {
      deliver: (delivery) => {
        collector.take({ kind: "deliver", delivery });
        return ok();
      },
      forward: ok,
      ask: () => Promise.reject(new Error("a scenario has no judge")),
    },
    report: (event, details) => {
      assert(false, `the live driver reports: ${event} ${JSON.stringify(details)}`);
    },
  });
  const settled = (): Promise<void> => live.settled();
  const submit = async (body: InputBody): Promise<void> => {
    const outcome = await live.submit(body);
    assert(outcome.ok, "a disk that forgets takes every input");
  };
  await submit({ kind: "reload", setup });
  live.start();
  for (const step of timeline(scenario)) {
    if (step.kind === "gap") {
      // The tick at the gap's start runs as soon as time is past it.
      await clock.runTo(Math.max(step.from + 1, clock.wallMs()), settled);
      await clock.leapTo(step.to, settled);
    } else if (step.kind === "check") {
      await clock.runTo(step.at + 1, settled);
    } else {
      await clock.runTo(step.at, settled);
      await submit({ kind: "telemetry", telemetry: step.telemetry });
    }
  }
  return collector.run(engine);
}
