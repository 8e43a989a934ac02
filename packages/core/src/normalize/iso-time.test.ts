import assert from "node:assert/strict";
import test from "node:test";
import { assert as check, date, property } from "fast-check";
import { isoTime } from "./iso-time.ts";

test("every time that JavaScript writes is read back", () => {
  const times = date({ min: new Date(0), max: new Date("9999-12-31"), noInvalidDate: true });
  check(
    property(times, (time) => {
      assert.equal(isoTime(time.toISOString()), time.getTime());
    }),
  );
});

const cases: readonly (readonly [string, string | undefined])[] = [
  ["2026-11-02T10:00:00Z", "2026-11-02T10:00:00.000Z"],
  ["2026-11-02T10:00:00.25Z", "2026-11-02T10:00:00.250Z"],
  ["2026-11-02T10:00:00.123456+00:00", "2026-11-02T10:00:00.123Z"],
  ["2026-11-02T19:00:00+09:00", "2026-11-02T10:00:00.000Z"],
  ["2026-11-02T04:30:00-05:30", "2026-11-02T10:00:00.000Z"],
  ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
  ["2026-11-02T10:00:00", undefined],
  ["2026-11-02", undefined],
  ["1793613600000", undefined],
  ["soon", undefined],
  ["", undefined],
];

for (const [text, expected] of cases) {
  test(`time: ${text}`, () => {
    const at = isoTime(text);
    assert.equal(at === undefined ? undefined : new Date(at).toISOString(), expected);
  });
}
