import type { Usage } from "./call.ts";
import type { EpochMs } from "./time.ts";

/**
 * What steers the judge, as text and numbers; part of the engine's setup, so that a restart and a
 * replay judge by what was set. Addresses and keys stay in the shell.
 */
export type JudgeSetup = {
  /** The wire format that the endpoint speaks. */
  readonly provider: "openai" | "anthropic";
  /** As the endpoint calls it; a dated name keeps the judge the same. */
  readonly model: string;
  /** The model of the second look at a bad verdict; absent: the same one, asked otherwise. */
  readonly secondModel?: string;
  /** Of the explanation. */
  readonly language: "en" | "ja";
  /** Rubrics that come with the program, and the user's: Markdown with a head of YAML, or YAML. */
  readonly rubricFiles: readonly { readonly name: string; readonly text: string }[];
  /** The share of eligible calls to be judged where no cap in dollars decides: 0 to 1. */
  readonly rate: number;
  /** Shares of services that have one of their own. */
  readonly serviceRates: Readonly<Record<string, number>>;
  /** Shares of rubrics that have one of their own: at most the call's. */
  readonly rubricRates: Readonly<Record<string, number>>;
  /** Hard caps, in US dollars of a UTC day and month; absent: none. */
  readonly usdPerDay?: number;
  readonly usdPerMonth?: number;
  /** US dollars a million tokens, of the judge's model and of the second one. */
  readonly price: JudgePrice;
  readonly secondPrice?: JudgePrice;
  /** Requests under way at once. */
  readonly concurrency: number;
  /** Milliseconds until a request that has no answer has failed. */
  readonly timeoutMs: number;
  /** Tokens that an answer may have, the judge's reasoning included. */
  readonly maxOutputTokens: number;
  /** The limit of this name, where it is set: a part of what verdicts mean. */
  readonly shownTextLength?: number;
  /**
   * Of all in the requests that is no rubric's, as the program words it that makes this setup: another
   * program's verdicts are other ones. Absent: as the running program does.
   */
  readonly promptVersion?: string;
  /** Verdicts were given before and are looked up: no text is needed. Absent: an endpoint is asked. */
  readonly recorded?: true;
  /** 32 lower-case hex digits: keys the draws and the boundaries, so that nobody can foresee them. */
  readonly key: string;
  /** The golden set, by the name that the shell has its text under; absent: there is none. */
  readonly golden?: { readonly set: string; readonly everyMs: number };
  /** What comparing judges with people's labels came to, of any version of the judge. */
  readonly calibrations?: readonly JudgeCalibration[];
};

/** Verdicts of one version of a judge beside people's labels, by rubric and language, counted. */
export type JudgeCalibration = {
  /** The version of the judge. */
  readonly judge: string;
  readonly rubric: string;
  /** Of the judged texts. */
  readonly language: string;
  readonly at: EpochMs;
  /** Bad by people: found bad by the judge, and not. */
  readonly caught: number;
  readonly missed: number;
  /** Good by people: found bad by the judge, and not. */
  readonly accused: number;
  readonly cleared: number;
  /** Labels that there was no verdict for. */
  readonly missing: number;
};

export type JudgePrice = {
  readonly inputUsdPerMillion: number;
  readonly outputUsdPerMillion: number;
};

/** One request to the judge. The shell sends it, and feeds back a `JudgeAnswer`. */
export type Ask = {
  /** Other for every attempt; sent as `Idempotency-Key`. */
  readonly key: string;
  readonly at: EpochMs;
  /** What it is about: the ids of a call's trace and span, one after the other, or of an item. */
  readonly about: string;
  readonly provider: JudgeSetup["provider"];
  readonly model: string;
  /** What the judge is to do: ours alone. */
  readonly system: string;
  /** The judged text as delimited data, and what is asked of it. */
  readonly user: string;
  /** JSON Schema of the answer. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly maxOutputTokens: number;
  readonly timeoutMs: number;
  /** What the answer is held against; `readVerdict` takes it. */
  readonly expect: ExpectedAnswer;
};

export type ExpectedAnswer = {
  /** An answer that names another one is refused. */
  readonly boundary: string;
  readonly rubrics: readonly ExpectedRubric[];
};

export type ExpectedRubric = {
  readonly name: string;
  /** Ends of the rubric's scale; scores are moved to 0 to 1. */
  readonly min: number;
  readonly max: number;
  /** Scores between whole numbers are refused; absent: they are not. */
  readonly whole?: boolean;
  /** Labels that the answer may use; empty: any short one. */
  readonly labels: readonly string[];
};

/** What the judge said by one rubric. */
export type RubricVerdict = {
  readonly name: string;
  /** 0 to 1, 1 is good. */
  readonly score: number;
  readonly label: string;
  readonly explanation?: string;
};

/** Why there is no verdict: recorded as missing, never as a score. */
export type MissingReason =
  /** 429. */
  | "rate-limited"
  /** 5xx. */
  | "server-error"
  | "timeout"
  | "connection"
  /** 401, 403, 404 and other answers that a repeat does not change. */
  | "rejected"
  /** The judge would not judge. */
  | "refused"
  /** No token was left for the verdict, for instance after reasoning. */
  | "truncated"
  /** No JSON, or not by the schema. */
  | "malformed"
  /** A rubric that was asked for has no verdict. */
  | "partial"
  /** The answer names another boundary: it answers something else than was asked. */
  | "foreign"
  /** The cap in dollars left no room before it was asked. */
  | "budget"
  /** The queue was full. */
  | "queue-full"
  /** It waited longer than text may be held. */
  | "expired"
  /** The program stopped before the answer was committed: asked again, whatever it cost. */
  | "interrupted"
  /** The judge or the rubric was changed before there was a verdict. */
  | "reloaded";

/** What became of one request, as the shell feeds it back; tokens are settled in both cases. */
export type JudgeAnswer =
  | {
      readonly ok: true;
      /** In the order of the rubrics asked for; those that are absent are missing as `partial`. */
      readonly verdicts: readonly RubricVerdict[];
      /** How many verdicts came by rubrics that were not asked for: they are no scores. */
      readonly unasked?: number;
      /** Asking again for those that are absent is of no use. */
      readonly final?: true;
      readonly usage?: Usage;
      /** As the endpoint named itself. */
      readonly model?: string;
      /** How long the endpoint asks to be left alone, from its rate-limit headers. */
      readonly pauseMs?: number;
    }
  | {
      readonly ok: false;
      readonly reason: MissingReason;
      /** Whether asking again can help. */
      readonly retry: boolean;
      /** Told by `Retry-After` or the rate-limit headers. */
      readonly pauseMs?: number;
      /** Paid for, although there is no verdict. */
      readonly usage?: Usage;
      /** For people; no text of the judged call and no secret. */
      readonly detail: string;
    };

/** What became of a call that was drawn: one row on disk, from which its weight can be proved. */
export type SettledDraw = {
  /** When the call was drawn. */
  readonly at: EpochMs;
  readonly traceId: string;
  readonly spanId: string;
  readonly segment: string;
  /** `evidence`, `flag`, `coverage`. */
  readonly kinds: readonly string[];
  /** π: the probability, seen from before the call, that it is judged at all. */
  readonly inclusion: number;
  /** JSON: the rates, coins and flags from which π follows. */
  readonly proof: string;
  readonly rubrics: readonly {
    readonly name: string;
    /** The version of the judge. */
    readonly judge: string;
    /** π by this rubric. */
    readonly inclusion: number;
    /** 0 to 1; absent: missing, and `reason` says why. */
    readonly score?: number;
    readonly reason?: MissingReason;
    /** Missing after a first look that found it bad: more likely a bad one than others are. */
    readonly doubted?: true;
  }[];
  /** US dollars of all requests about it. */
  readonly costUsd: number;
};
