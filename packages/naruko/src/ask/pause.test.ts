import assert from "node:assert/strict";
import test from "node:test";
import { pauseAfter } from "./pause.ts";

const NOW = Date.UTC(2026, 10, 2, 10, 4);

const rows: readonly (readonly [
  what: string,
  status: number,
  headers: Readonly<Record<string, string>>,
  pauseMs: number | undefined,
])[] = [
  ["nothing told", 429, {}, undefined],
  ["seconds", 429, { "retry-after": "7" }, 7000],
  ["seconds with a fraction", 429, { "retry-after": "0.0004" }, 1],
  ["no wait at all", 429, { "retry-after": "0" }, undefined],
  ["milliseconds win", 429, { "retry-after": "7", "retry-after-ms": "250" }, 250],
  ["a date by our clock", 503, { "retry-after": "Mon, 02 Nov 2026 10:04:05 GMT" }, 5000],
  [
    "a date by the answer's clock",
    503,
    { "retry-after": "Mon, 02 Nov 2026 11:00:05 GMT", date: "Mon, 02 Nov 2026 11:00:00 GMT" },
    5000,
  ],
  ["a date gone by", 503, { "retry-after": "Mon, 02 Nov 2020 10:04:05 GMT" }, undefined],
  ["no date", 503, { "retry-after": "soon" }, undefined],
  ["a day is cut to an hour", 429, { "retry-after": "86400" }, 3_600_000],
  ["a success does not say when to come back", 200, { "retry-after": "7" }, undefined],
  [
    "OpenAI's requests",
    200,
    { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms" },
    120,
  ],
  [
    "OpenAI's tokens, in several units",
    429,
    { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s" },
    360_000,
  ],
  [
    "Azure's seconds",
    200,
    { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "30" },
    30_000,
  ],
  [
    "the longest of several",
    200,
    {
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "2s",
    },
    2000,
  ],
  [
    "Anthropic's date",
    200,
    {
      "anthropic-ratelimit-output-tokens-remaining": "0",
      "anthropic-ratelimit-output-tokens-reset": "2026-11-02T10:04:10Z",
    },
    10_000,
  ],
  [
    "a time since the epoch in milliseconds",
    429,
    { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW + 1500) },
    1500,
  ],
  [
    "a time since the epoch in seconds",
    429,
    { "ratelimit-remaining": "0", "ratelimit-reset": String(NOW / 1000 + 15) },
    15_000,
  ],
  [
    "something is left",
    200,
    { "x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "1m0s" },
    undefined,
  ],
  [
    "used up until nobody knows when",
    200,
    { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "later" },
    undefined,
  ],
  [
    "a broken server's allowance",
    500,
    { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s" },
    undefined,
  ],
];

for (const [what, status, headers, pauseMs] of rows) {
  test(`pause after ${status}: ${what}`, () => {
    assert.equal(pauseAfter({ status, headers: new Headers(headers) }, NOW), pauseMs);
  });
}
