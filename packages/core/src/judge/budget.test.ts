import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { DAY_MS, HOUR_MS, epochMs } from "../model/time.ts";
import { Budget, nanoUsd } from "./budget.ts";

/** 2026-11-23, a Monday. */
const MONDAY = 20_780 * DAY_MS;
const at = (hours: number) => epochMs(MONDAY + hours * HOUR_MS);
const cents = (count: number) => nanoUsd(count / 100);

function budgetOf(caps: { usdPerDay?: number; usdPerMonth?: number }): Budget {
  const budget = new Budget();
  budget.setCaps(caps);
  return budget;
}

void test("what is set aside counts as spent", () => {
  const budget = budgetOf({ usdPerDay: 0.1 });
  assert.equal(budget.reserve("a", cents(6), at(1)), undefined);
  assert.equal(budget.reserve("b", cents(6), at(1)), "day-cap");
  budget.settle("a", cents(1), at(1));
  assert.equal(budget.reserve("b", cents(6), at(1)), undefined);
  assert.equal(budget.view(at(1)).reservedUsd, 0.06);
});

void test("a cap can be spent to the last billionth, and not beyond", () => {
  const budget = budgetOf({ usdPerDay: 0.3 });
  for (const key of ["a", "b", "c"]) {
    assert.equal(budget.reserve(key, nanoUsd(0.1), at(1)), undefined);
    budget.settle(key, undefined, at(1));
  }
  assert.equal(budget.reserve("d", 1, at(1)), "day-cap");
  assert.equal(budget.view(at(1)).dayUsd, 0.3);
});

void test("a day ends at midnight UTC, a month on its last day", () => {
  const budget = budgetOf({ usdPerDay: 1, usdPerMonth: 1.5 });
  for (const [key, hour, refusal] of [
    ["mon", 23, undefined],
    ["mon2", 23.9, "day-cap"],
    ["tue", 24, "month-cap"],
    // 2026-12-01 is eight days after.
    ["nov 30", 8 * 24 - 0.1, "month-cap"],
    ["dec 1", 8 * 24, undefined],
  ] as const) {
    assert.equal(budget.reserve(key, cents(100), at(hour)), refusal, key);
    if (refusal === undefined) budget.settle(key, undefined, at(hour));
  }
});

void test("whoever looks ahead of the inputs changes nothing", () => {
  const budget = budgetOf({ usdPerDay: 1 });
  budget.reserve("a", cents(5), at(23.9));
  assert.equal(budget.view(at(24)).dayUsd, 0);
  assert.equal(budget.settle("a", undefined, at(23.9)), cents(5));
  assert.equal(budget.view(at(23.9)).dayUsd, 0.05);
  assert.equal(budget.view(at(24)).dayUsd, 0);
});

void test("a cost that nobody tells is all that was set aside", () => {
  const budget = budgetOf({});
  budget.reserve("a", cents(5), at(0));
  assert.equal(budget.settle("a", undefined, at(0)), cents(5));
  assert.equal(budget.view(at(0)).totalUsd, 0.05);
});

void test("what is left of a month is spread over its days, and no day passes its own cap", () => {
  const budget = budgetOf({ usdPerMonth: 8 });
  // Eight days of November are left.
  assert.equal(budget.perDay(at(0)), 1);
  budget.reserve("a", cents(200), at(24));
  budget.settle("a", undefined, at(24));
  assert.equal(budget.perDay(at(24)), 6 / 7);
  assert.equal(budgetOf({ usdPerDay: 0.5, usdPerMonth: 8 }).perDay(at(0)), 0.5);
  assert.equal(budgetOf({}).perDay(at(0)), undefined);
});

void test("the forecast is the pace of today and yesterday, to the end of the month", () => {
  const budget = budgetOf({});
  assert.equal(budget.view(at(0)).forecastUsd, 0);
  for (let hour = 0; hour < 48; hour++) {
    budget.reserve("x", cents(10), at(hour));
    budget.settle("x", undefined, at(hour));
  }
  // Two days at 2.40 are spent and six are left.
  const { forecastUsd } = budget.view(epochMs(at(48) - 1));
  assert.ok(Math.abs(forecastUsd - 8 * 2.4) < 0.001, String(forecastUsd));
});

void test("no forecast is above what the caps let through", () => {
  const budget = budgetOf({});
  budget.reserve("a", cents(100), at(0));
  budget.settle("a", undefined, at(12));
  for (const [caps, forecast] of [
    // A dollar in half a day, and seven days and a half are left.
    [{}, 16],
    [{ usdPerMonth: 1000 }, 16],
    [{ usdPerMonth: 3 }, 3],
    // What is spent stays spent.
    [{ usdPerMonth: 0.5 }, 1],
    [{ usdPerDay: 1.5 }, 1.5 * 8],
    [{ usdPerDay: 1.5, usdPerMonth: 3 }, 3],
  ] as const) {
    budget.setCaps(caps);
    assert.equal(budget.view(at(12)).forecastUsd, forecast, JSON.stringify(caps));
  }
});

void test("whatever is asked for, in whatever order, no cap is passed", () => {
  const step = fc.record({
    most: fc.integer({ min: 0, max: 40_000_000 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    told: fc.boolean(),
    hours: fc.double({ min: 0, max: 9, noNaN: true }),
    settleFirst: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let budget = budgetOf({ usdPerDay: 0.1, usdPerMonth: 0.25 });
      const open: [string, number | undefined][] = [];
      const paidOn = new Map<number, number>();
      let now = at(0);
      for (const [index, { most, share, told, hours, settleFirst }] of steps.entries()) {
        now = epochMs(Math.floor(now + hours * HOUR_MS));
        const day = Math.floor(now / DAY_MS);
        const first = settleFirst ? open.shift() : undefined;
        if (first !== undefined) {
          paidOn.set(day, (paidOn.get(day) ?? 0) + budget.settle(first[0], first[1], now));
        }
        const refusal = budget.reserve(String(index), most, now);
        if (refusal === undefined)
          open.push([String(index), told ? Math.floor(most * share) : undefined]);
        const loaded = budgetOf({ usdPerDay: 0.1, usdPerMonth: 0.25 });
        loaded.load(budget.save());
        budget = loaded;
        const { dayUsd, monthUsd, reservedUsd } = budget.view(now);
        assert.equal(Math.round(dayUsd * 1e9), paidOn.get(day) ?? 0);
        assert.ok(dayUsd + reservedUsd <= 0.1 + 1e-12);
        assert.ok(monthUsd + reservedUsd <= 0.25 + 1e-12);
      }
    }),
  );
});
