/** What somebody who sets rates may look at: everything before the call that is next. */
export type Past = {
  /** Calls so far. */
  readonly calls: number;
  /** Calls since the last verdict that was bad; infinite where there was none. */
  readonly sinceBadVerdict: number;
  /** Whether one of the last ten calls was bad, judged or not: only a cheat knows. */
  readonly badTime: boolean;
  /** The estimate's error so far, in its standard errors: only a cheat knows. */
  readonly error: number;
};

export type PolicyRates = {
  readonly candidate: number;
  readonly coverage: number;
  readonly flag: number;
};

export type Policy = {
  readonly name: string;
  readonly about: string;
  readonly rates: (past: Past) => PolicyRates;
};

const at = (candidate: number, flag = 0.2): PolicyRates => ({
  candidate,
  coverage: Math.max(0.002, candidate / 2),
  flag,
});

/** The last two know the truth: no detector is as spiteful, and the interval has to hold all the same. */
export const POLICIES: readonly Policy[] = [
  { name: "steady", about: "5 % always", rates: () => at(0.05) },
  {
    name: "suspicious",
    about: "3 %, and all of the 40 calls after a bad verdict",
    rates: ({ sinceBadVerdict }) =>
      sinceBadVerdict <= 40 ? { candidate: 1, coverage: 1, flag: 1 } : at(0.03),
  },
  {
    name: "moody",
    about: "by turns 0.2 %, 5 % and 50 %, 97 calls each",
    rates: ({ calls }) => at([0.002, 0.05, 0.5][Math.floor(calls / 97) % 3] ?? 0.05),
  },
  {
    name: "blinding",
    about: "10 %, and 0.4 % in bad times",
    rates: ({ badTime }) => (badTime ? at(0.004, 0) : at(0.1)),
  },
  {
    name: "freezing",
    about: "5 %, and all once the error is above 2 standard errors",
    rates: ({ error }) => (error > 2 ? { candidate: 1, coverage: 1, flag: 1 } : at(0.05)),
  },
];
