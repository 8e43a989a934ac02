import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { CALENDAR, rfc3339 } from "./calendar.ts";

test("parts of a date are the platform's", () => {
  const parts: readonly (readonly [string, (date: Date) => number])[] = [
    ["year", (date) => date.getUTCFullYear()],
    ["month", (date) => date.getUTCMonth() + 1],
    ["day_of_month", (date) => date.getUTCDate()],
    ["day_of_week", (date) => date.getUTCDay()],
    ["hour", (date) => date.getUTCHours()],
    ["minute", (date) => date.getUTCMinutes()],
    [
      "days_in_month",
      (date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
    ],
    [
      "day_of_year",
      (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / 86_400_000) + 1,
    ],
  ];
  const seconds = fc.integer({ min: -50_000_000_000, max: 200_000_000_000 });
  for (const [name, of] of parts) {
    fc.assert(
      fc.property(seconds, (at) => {
        assert.equal(CALENDAR.get(name)?.(at), of(new Date(at * 1000)), `${name} at ${at}`);
      }),
    );
  }
});

test("a time is written as the platform writes it", () => {
  const years = fc.integer({ min: -50_000_000_000_000, max: 200_000_000_000_000 });
  fc.assert(
    fc.property(years, (ms) => {
      const whole = new Date(Math.floor(ms / 1000) * 1000).toISOString();
      assert.equal(rfc3339(ms), whole.replace(".000Z", "Z"));
    }),
  );
});
