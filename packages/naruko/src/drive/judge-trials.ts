import type { JudgeCalibration, JudgeSetup } from "@naruko/core/model/judge";
import type { EpochMs } from "@naruko/core/model/time";
import type { LoadedConfig } from "../config/config.ts";
import { type GoldenSet, goldenSetOf } from "../config/golden-set.ts";
import { judgeSetupOf } from "../config/judge-setup.ts";

/** What the judge itself is tried by, as the data directory has it. */
export type JudgeTrials = {
  readonly golden: {
    readonly keep: (golden: GoldenSet) => Promise<void>;
    readonly textOf: (set: string) => string | undefined;
  };
  /** What comparing the judge with people's labels came to. @throws InputError */
  readonly calibrations: () => Promise<readonly JudgeCalibration[]>;
};

export type JudgePorts = {
  /** The key of the judge's draws, made where there is none. @throws InputError */
  readonly judgeKey: () => Promise<string>;
  /** Absent: the judge has no golden set, and nothing is known of its errors. */
  readonly judgeTrials?: JudgeTrials;
};

/**
 * What steers the judge, with what it is tried by; its golden set is kept before anything names it.
 *
 * @throws InputError when something of it is refused
 */
export async function judgeSetupWith(
  loaded: LoadedConfig,
  { judgeKey, judgeTrials }: JudgePorts,
  at: EpochMs,
): Promise<JudgeSetup | undefined> {
  if (loaded.config.judge === undefined) return undefined;
  const setup = judgeSetupOf(loaded, { key: await judgeKey(), at });
  if (setup === undefined || judgeTrials === undefined) return setup;
  const golden = goldenSetOf(loaded);
  if (golden !== undefined) await judgeTrials.golden.keep(golden);
  const calibrations = await judgeTrials.calibrations();
  return {
    ...setup,
    ...(golden && { golden: { set: golden.set, everyMs: golden.everyMs } }),
    ...(calibrations.length > 0 && { calibrations }),
  };
}
