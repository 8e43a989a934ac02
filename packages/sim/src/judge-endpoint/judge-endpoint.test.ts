// The judge over real sockets, against endpoints that speak OpenAI's and Anthropic's wire formats and
// do what endpoints do on bad days.
import assert from "node:assert/strict";
import test from "node:test";
import { Secret } from "@naruko/core/notify/secret";
import type { AskedOfJudge, JudgeStubAnswer } from "../provider-stubs/judge-stub.ts";
import {
  ANSWERING,
  askOf,
  BOUNDARY,
  HEADER,
  JUDGED,
  JUDGED_WELL,
  KEY,
  MODEL,
  PROVIDERS,
  raw,
  USAGE,
  VERDICT,
  withHeaders,
  worldOf,
} from "./judge-world.ts";

/** The budget counts what surely never left as nothing. */
const UNSENT = { inputTokens: 0, outputTokens: 0 };

for (const provider of PROVIDERS) {
  const { said, failed } = ANSWERING[provider];

  test(`${provider}: a verdict, its usage and its model`, async (t) => {
    const { ask, stub, notices } = await worldOf(t, provider, [said(VERDICT)]);
    assert.deepEqual(await ask(), {
      ok: true,
      verdicts: JUDGED_WELL,
      usage: USAGE[provider],
      model: MODEL[provider],
    });
    const [asked] = stub.asked;
    assert.equal(asked?.headers["idempotency-key"], "0123456789abcdef");
    assert.equal(asked.headers["x-canary"], HEADER);
    assert.equal(asked.body["temperature"], 0);
    assert.equal(asked.body["stream"], undefined);
    assert.deepEqual(notices, []);
  });

  const rows: readonly (readonly [
    what: string,
    answer: JudgeStubAnswer,
    reason: string,
    rest?: {
      readonly retry?: false;
      readonly pauseMs?: number;
      readonly paid?: true;
      /** It is certain that nobody charges for it. */
      readonly unpaid?: true;
    },
  ])[] = [
    ["429", failed(429), "rate-limited"],
    [
      "429 with Retry-After in seconds",
      withHeaders(failed(429), { "retry-after": "7" }),
      "rate-limited",
      { pauseMs: 7000 },
    ],
    [
      "429 with Retry-After as a date",
      withHeaders(failed(429), {
        date: "Mon, 02 Nov 2026 10:04:00 GMT",
        "retry-after": "Mon, 02 Nov 2026 10:04:30 GMT",
      }),
      "rate-limited",
      { pauseMs: 30_000 },
    ],
    ["500", failed(500), "server-error"],
    ["529", raw(529, '{"error":{"type":"overloaded_error"}}'), "server-error"],
    [
      "503 with Retry-After",
      raw(503, "<html>busy</html>", { "retry-after": "2" }),
      "server-error",
      { pauseMs: 2000 },
    ],
    ["408", raw(408, ""), "timeout"],
    ["504, of a gateway whose model may go on", raw(504, ""), "timeout"],
    [
      "401",
      raw(401, `{"error":{"code":"invalid_api_key","message":"${KEY}"}}`),
      "rejected",
      { retry: false },
    ],
    ["404", raw(404, '{"error":{"message":"no such model"}}'), "rejected", { retry: false }],
    ["400 of another reason", raw(400, '{"error":{"message":"no"}}'), "rejected", { retry: false }],
    [
      "a redirect, which is not followed",
      raw(307, "", { location: "/elsewhere" }),
      "rejected",
      { retry: false },
    ],
    [
      "an account without money",
      raw(429, '{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}'),
      "rejected",
      { retry: false },
    ],
    [
      "a content filter before the judge",
      raw(400, '{"error":{"code":"content_filter","message":"filtered"}}'),
      "refused",
      { retry: false },
    ],
    [
      "a truncated body",
      { kind: "raw", status: 200, text: '{"id":"x","cho', end: "done" },
      "malformed",
    ],
    ["an empty body", raw(200, ""), "malformed"],
    [
      "a web page",
      raw(200, "<!DOCTYPE html><p>Log in", { "content-type": "text/html" }),
      "malformed",
      { unpaid: true },
    ],
    ["JSON of something else", raw(200, '{"ok":true}'), "malformed"],
    [
      "a body torn in the middle",
      { kind: "raw", status: 200, text: '{"id"', end: "cut" },
      "connection",
    ],
    ["a connection torn", { kind: "cut" }, "connection"],
    ["too much", raw(200, "x".repeat(1_100_000)), "malformed", { retry: false }],
    ["nothing said", said(""), "malformed", { paid: true }],
    ["prose", said("It is fine, I think."), "malformed", { paid: true }],
    ["another schema", said('{"score": 1}'), "malformed", { paid: true }],
    [
      "a score outside of the scale",
      said(VERDICT.replace("0.75", "7")),
      "malformed",
      { paid: true },
    ],
    [
      "an answer to something else",
      said(VERDICT.replace(BOUNDARY, "another00123456789")),
      "foreign",
      { paid: true },
    ],
    [
      "a verdict by no rubric asked for",
      said(VERDICT.replace("safety", "beauty")),
      "partial",
      { paid: true },
    ],
    ["a verdict that breaks off", said(VERDICT.slice(0, -20)), "truncated", { paid: true }],
    [
      "the limit reached while it thought",
      said("", { finish: provider === "openai" ? "length" : "max_tokens" }),
      "truncated",
      { paid: true },
    ],
    [
      "a filter on the answer",
      said("", { finish: provider === "openai" ? "content_filter" : "refusal" }),
      "refused",
      { paid: true },
    ],
  ];

  for (const [what, answer, reason, { retry = true, pauseMs, paid, unpaid } = {}] of rows) {
    test(`${provider}: ${what} is ${reason}`, async (t) => {
      const { ask, stub } = await worldOf(t, provider, [answer]);
      const outcome = await ask();
      assert.ok(!outcome.ok);
      assert.deepEqual(
        { reason: outcome.reason, retry: outcome.retry, pauseMs: outcome.pauseMs },
        { reason, retry, pauseMs },
        outcome.detail,
      );
      const paidFor = paid === true ? USAGE[provider] : undefined;
      assert.deepEqual(outcome.usage, unpaid === true ? UNSENT : paidFor);
      assert.match(outcome.detail, /^127\.0\.0\.1:\d+/);
      // What failed is asked again by the core alone.
      assert.equal(stub.asked.length, 1);
    });
  }

  for (const [what, answer] of [
    ["nobody answers", { kind: "silent" }],
    ["the body does not end", { kind: "raw", status: 200, text: '{"id"', end: "hang" }],
  ] as const) {
    test(`${provider}: ${what}, which is a timeout`, async (t) => {
      const { ask, clock } = await worldOf(t, provider, () => {
        setImmediate(() => {
          clock.strike();
        });
        return answer;
      });
      const outcome = await ask();
      assert.ok(!outcome.ok);
      assert.deepEqual([outcome.reason, outcome.retry], ["timeout", true]);
      assert.match(outcome.detail, /did not answer within 60000 ms$/);
    });
  }

  test(`${provider}: a stop of the program interrupts what is under way`, async (t) => {
    const stopping = new AbortController();
    const { judge, clock } = await worldOf(t, provider, () => {
      setImmediate(() => {
        stopping.abort();
      });
      return { kind: "silent" };
    });
    const outcome = await judge.ask(askOf(provider), stopping.signal);
    assert.ok(!outcome.ok);
    assert.equal(outcome.reason, "interrupted");
    assert.equal(clock.timers.size, 0, "no timer is left");
  });

  test(`${provider}: neither key nor judged text is ever shown`, async (t) => {
    const echoes = (asked: AskedOfJudge): readonly string[] => [
      JSON.stringify(asked.body),
      `${KEY} ${HEADER} ${JUDGED}`,
      JUDGED.toUpperCase(),
      // As a server writes it that escapes what it quotes twice.
      JUDGED.replaceAll(/\P{ASCII}/gu, (letter) => `\\u${letter.charCodeAt(0).toString(16)}`),
      "カナリアは奈良",
      // What is not judged at all is shown, without what is secret in it.
      `your key ${KEY} with ${HEADER} is bad`,
    ];
    const statuses = [200, 400, 401, 403, 404, 413, 422, 429, 500, 503];
    let echo = 0;
    let status = 200;
    const { ask, notices } = await worldOf(t, provider, (asked) => {
      const message = echoes(asked)[echo] ?? "";
      const error = { message, type: message, code: message, param: message };
      return raw(status, JSON.stringify({ error, choices: status === 200 ? [] : undefined }));
    });
    for (status of statuses) {
      for (echo = 0; echo < 6; echo++) {
        const shown = JSON.stringify([await ask(), notices]);
        assert.doesNotMatch(shown, /canary|sings|dawn|カナリア|奈良|\\u/i, `${status}`);
      }
    }
  });

  for (const [what, baseUrl, detail] of [
    ["a refused connection", "", /^127\.0\.0\.1:\d+ refused the connection \(ECONNREFUSED\)$/],
    [
      "a name that DNS does not know",
      "http://judge.invalid",
      /^judge\.invalid is not (known|found)/,
    ],
  ] as const) {
    test(`${provider}: ${what}`, async (t) => {
      const { at, address, stop } = await worldOf(t, provider, []);
      await stop();
      const outcome = await at({ baseUrl: baseUrl || address }).ask(askOf(provider));
      assert.ok(!outcome.ok);
      assert.deepEqual([outcome.reason, outcome.retry], ["connection", true]);
      assert.match(outcome.detail, detail);
      assert.deepEqual(outcome.usage, UNSENT);
    });
  }

  for (const [status, shown] of [
    [404, ": there is no such model"],
    [500, ": there is no such model"],
    [400, ""],
    [401, ""],
    [422, ""],
  ] as const) {
    test(`${provider}: of a refusal by ${status}, ${shown || "its codes alone"} is shown`, async (t) => {
      const error = { type: "some_error", message: "there is no such model" };
      const { ask } = await worldOf(t, provider, [raw(status, JSON.stringify({ error }))]);
      const outcome = await ask();
      assert.ok(!outcome.ok);
      assert.equal(
        outcome.detail.replace(/^127\.0\.0\.1:\d+ /, ""),
        `answered ${status} (some_error)${shown}`,
      );
    });
  }

  test(`${provider}: an endpoint that speaks no TLS`, async (t) => {
    const { address, at } = await worldOf(t, provider, [said(VERDICT)]);
    const outcome = await at({ baseUrl: address.replace("http:", "https:") }).ask(askOf(provider));
    assert.ok(!outcome.ok);
    assert.deepEqual([outcome.reason, outcome.retry], ["connection", false]);
    assert.deepEqual(outcome.usage, UNSENT);
  });

  test(`${provider}: a header that none can have`, async (t) => {
    const { at, stub } = await worldOf(t, provider, [said(VERDICT)]);
    const outcome = await at({ apiKey: new Secret(`${KEY}\nx`) }).ask(askOf(provider));
    assert.ok(!outcome.ok);
    assert.deepEqual([outcome.reason, outcome.retry], ["rejected", false]);
    assert.doesNotMatch(outcome.detail, /canary/);
    assert.equal(stub.asked.length, 0);
  });

  test(`${provider}: without a key no header of one is sent`, async (t) => {
    const { at, stub } = await worldOf(t, provider, [said(VERDICT)]);
    const outcome = await at({ apiKey: undefined, headers: {} }).ask(askOf(provider));
    assert.ok(outcome.ok);
    assert.equal(stub.asked[0]?.headers.authorization, undefined);
    assert.equal(stub.asked[0]?.headers["x-api-key"], undefined);
  });

  test(`${provider}: keys and addresses of the environment count for nothing`, async (t) => {
    const names = ["API_KEY", "BASE_URL", "AUTH_TOKEN", "ADMIN_KEY", "ORG_ID", "PROJECT_ID"];
    const set = [...names, "CUSTOM_HEADERS"].map((name) => `${provider.toUpperCase()}_${name}`);
    for (const name of set) process.env[name] = "http://from-the-environment.invalid";
    t.after(() => {
      for (const name of set) Reflect.deleteProperty(process.env, name);
    });
    const { ask, stub } = await worldOf(t, provider, [said(VERDICT)]);
    assert.ok((await ask()).ok);
    assert.doesNotMatch(JSON.stringify(stub.asked), /from-the-environment/);
  });
}
