import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import {
  addConfusion,
  agreementOf,
  type Confusion,
  labelCount,
  NO_LABELS,
  shareOf,
  withVerdict,
} from "./calibration.ts";

const rounded = ({ value, low, high }: { value: number; low: number; high: number }) =>
  [value, low, high].map((one) => Math.round(one * 1e4) / 1e4);

for (const [count, total, value, low, high] of [
  // Newcombe (1998), table I: Wilson's score interval.
  [81, 263, 0.308, 0.2553, 0.3662],
  [15, 148, 0.1014, 0.0624, 0.1605],
  [0, 20, 0, 0, 0.1611],
  [1, 29, 0.0345, 0.0061, 0.1718],
  [20, 20, 1, 0.8389, 1],
] as const) {
  test(`${count} of ${total} is a share from ${low} to ${high}`, () => {
    const share = shareOf(count, total);
    assert.ok(share);
    assert.deepEqual(rounded(share), [value, low, high]);
  });
}

test("of nothing there is no share, and of one kind of label no kappa", () => {
  assert.equal(shareOf(0, 0), undefined);
  assert.deepEqual(agreementOf(NO_LABELS), {});
  const { sensitivity, specificity, kappa } = agreementOf({ ...NO_LABELS, cleared: 9 });
  assert.deepEqual([sensitivity, specificity?.value, kappa], [undefined, 1, undefined]);
});

test("kappa of 20, 5, 10 and 15 is 0.4", () => {
  const { sensitivity, specificity, kappa } = agreementOf({
    caught: 20,
    missed: 5,
    accused: 10,
    cleared: 15,
  });
  assert.equal(sensitivity?.value, 0.8);
  assert.equal(specificity?.value, 0.6);
  assert.ok(kappa && Math.abs(kappa.value - 0.4) < 1e-12);
  // The large-sample error of these counts is 0.127, by hand; the halves draw it a little inwards.
  assert.ok(Math.abs(kappa.high - kappa.low - 2 * 1.96 * 0.127) < 0.01, String(kappa.low));
});

test("full agreement on few labels is not certain", () => {
  const { kappa } = agreementOf({ caught: 5, missed: 0, accused: 0, cleared: 5 });
  assert.equal(kappa?.value, 1);
  assert.equal(kappa.high, 1);
  assert.ok(kappa.low < 0.7);
});

/** Every table of so many labels, with its probability, where the four cells have these. */
function* tables(
  total: number,
  cells: readonly [number, number, number, number],
): Generator<readonly [Confusion, number]> {
  const logFactorial = [0];
  for (let i = 1; i <= total; i++) logFactorial.push((logFactorial[i - 1] ?? 0) + Math.log(i));
  const term = (count: number, share: number): number =>
    count * Math.log(share) - (logFactorial[count] ?? 0);
  for (let caught = 0; caught <= total; caught++)
    for (let missed = 0; caught + missed <= total; missed++)
      for (let accused = 0; caught + missed + accused <= total; accused++) {
        const cleared = total - caught - missed - accused;
        const log = [caught, missed, accused, cleared].reduce(
          (sum, count, i) => sum + term(count, cells[i] ?? 0),
          logFactorial[total] ?? 0,
        );
        yield [{ caught, missed, accused, cleared }, Math.exp(log)];
      }
}

for (const cells of [
  [0.4, 0.1, 0.1, 0.4],
  [0.48, 0.02, 0.02, 0.48],
  [0.3, 0.03, 0.07, 0.6],
  [0.15, 0.05, 0.1, 0.7],
] as const) {
  test(`kappa's interval has the truth 95 times in 100, exactly counted: ${cells.join(", ")}`, () => {
    const [caught, missed, accused, cleared] = cells;
    const [bad, found] = [caught + missed, caught + accused];
    const byChance = bad * found + (1 - bad) * (1 - found);
    const truth = (caught + cleared - byChance) / (1 - byChance);
    let covered = 0;
    let defined = 0;
    for (const [table, probability] of tables(40, cells)) {
      const { kappa } = agreementOf(table);
      if (kappa === undefined) continue;
      defined += probability;
      if (kappa.low <= truth && truth <= kappa.high) covered += probability;
    }
    assert.ok(defined > 0.999);
    assert.ok(covered / defined > 0.93, String(covered / defined));
  });
}

const counts = fc.record({
  caught: fc.nat(500),
  missed: fc.nat(500),
  accused: fc.nat(500),
  cleared: fc.nat(500),
});

test("every estimate lies in its interval, and that on its scale", () => {
  fc.assert(
    fc.property(counts, (confusion) => {
      const { sensitivity, specificity, kappa } = agreementOf(confusion);
      for (const [one, least] of [
        [sensitivity, 0],
        [specificity, 0],
        [kappa, -1],
      ] as const) {
        if (one === undefined) continue;
        assert.ok(least <= one.low && one.low <= one.value && one.value <= one.high);
        assert.ok(one.high <= 1);
      }
    }),
  );
});

test("what is good and what is bad may change places, and nothing but the names does", () => {
  fc.assert(
    fc.property(counts, ({ caught, missed, accused, cleared }) => {
      const one = agreementOf({ caught, missed, accused, cleared });
      const other = agreementOf({
        caught: cleared,
        missed: accused,
        accused: missed,
        cleared: caught,
      });
      assert.deepEqual(one.sensitivity, other.specificity);
      assert.deepEqual(one.specificity, other.sensitivity);
      assert.equal(one.kappa?.value.toFixed(9), other.kappa?.value.toFixed(9));
    }),
  );
});

test("tables are added up label by label", () => {
  const labels = [
    { isBad: true, foundBad: true },
    { isBad: true, foundBad: false },
    { isBad: false, foundBad: true },
    { isBad: false, foundBad: false },
    { isBad: false, foundBad: false },
  ];
  const found = labels.reduce(withVerdict, NO_LABELS);
  assert.deepEqual(found, { caught: 1, missed: 1, accused: 1, cleared: 2 });
  assert.equal(labelCount(addConfusion(found, found)), 10);
});

// Claims of real answers with verdicts of people and of a judge of then; beside the checkout, or absent.
const claims = path.join(import.meta.dirname, "../../../../../shared/texts/halueval-2.0");

type Answers = Readonly<
  Record<
    string,
    readonly {
      readonly id: number;
      readonly human_judge?: readonly string[];
      readonly chatgpt_judge?: readonly string[];
    }[]
  >
>;

function readAnswers(name: string): Answers {
  return JSON.parse(gunzipSync(readFileSync(path.join(claims, name))).toString()) as Answers;
}

test(
  "a recorded judge's errors are what was published of it",
  { skip: !existsSync(claims) },
  () => {
    const people = readAnswers("human_annotation.json.gz");
    const judge = readAnswers("model_prediction.json.gz");
    let [strict, lenient] = [NO_LABELS, NO_LABELS];
    for (const [domain, answers] of Object.entries(people)) {
      const judged = new Map(judge[domain]?.map((one) => [one.id, one.chatgpt_judge ?? []]));
      for (const { id, human_judge: labels = [] } of answers) {
        const verdicts = judged.get(id);
        // Of some answers the two judged other numbers of claims: they cannot be paired.
        if (verdicts?.length !== labels.length) continue;
        for (const [i, label] of labels.entries()) {
          const isBad = label === "false";
          const verdict = verdicts[i] ?? "";
          strict = withVerdict(strict, { isBad, foundBad: !verdict.startsWith("true") });
          lenient = withVerdict(lenient, { isBad, foundBad: verdict.startsWith("false") });
        }
      }
    }
    assert.equal(labelCount(strict), 3793);
    const shown = (confusion: Confusion): readonly string[] => {
      const { sensitivity, specificity, kappa } = agreementOf(confusion);
      return [sensitivity, specificity, kappa].map((one) => one?.value.toFixed(3) ?? "");
    };
    // Whether "unknown" is a bad verdict decides everything.
    assert.deepEqual(shown(strict), ["0.980", "0.880", "0.859"]);
    assert.deepEqual(shown(lenient), ["0.329", "0.947", "0.278"]);
  },
);
