// Endpoints and models that refuse a part of the request are asked without it, once found out.
import assert from "node:assert/strict";
import test from "node:test";
import { Secret } from "@naruko/core/notify/secret";
import type { AskedOfJudge, JudgeStubAnswer } from "../provider-stubs/judge-stub.ts";
import { message } from "../provider-stubs/anthropic-wire.ts";
import { completion } from "../provider-stubs/openai-wire.ts";
import {
  ANSWERING,
  askOf,
  JUDGED_WELL,
  type Provider,
  raw,
  VERDICT,
  withHeaders,
  worldOf,
} from "./judge-world.ts";

/** What a request asks for, in a word each. */
function partsOf({ body }: AskedOfJudge): string {
  const format = body["response_format"] as { readonly type: string } | undefined;
  const config = body["output_config"] as
    { readonly format: { readonly type: string } } | undefined;
  const parts = [
    format?.type ?? config?.format.type ?? (body["tools"] === undefined ? "text" : "tool"),
    body["temperature"] === undefined ? "untempered" : "cold",
    ...["max_tokens", "max_completion_tokens"].filter((name) => body[name] !== undefined),
  ];
  return parts.join(" ");
}

function refusal(status: number, error: object): JudgeStubAnswer {
  return raw(status, JSON.stringify(error));
}

const FIRST = "json_schema cold max_tokens";

const cases: readonly (readonly [
  what: string,
  provider: Provider,
  refused: (parts: string) => JudgeStubAnswer | undefined,
  asked: readonly string[],
  told: RegExp,
])[] = [
  [
    "a server without schemas",
    "openai",
    (parts) =>
      parts.startsWith("json_schema")
        ? refusal(400, {
            error: {
              message: "This response_format type is unavailable now",
              type: "invalid_request_error",
            },
          })
        : undefined,
    [FIRST, "json_object cold max_tokens"],
    /in JSON mode$/,
  ],
  [
    "a server that knows no format, by FastAPI",
    "openai",
    (parts) =>
      parts.startsWith("json")
        ? refusal(422, {
            detail: [{ loc: ["body", "response_format"], msg: "Extra inputs are not permitted" }],
          })
        : undefined,
    [FIRST, "json_object cold max_tokens", "text cold max_tokens"],
    /in plain text$/,
  ],
  [
    "a model that reasons, at OpenAI's",
    "openai",
    (parts) => {
      if (parts.endsWith(" max_tokens")) {
        return refusal(400, {
          error: {
            message:
              "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            type: "invalid_request_error",
            param: "max_tokens",
            code: "unsupported_parameter",
          },
        });
      }
      if (!parts.includes("cold")) return undefined;
      return refusal(400, {
        error: {
          message: "Unsupported value: 'temperature' does not support 0 with this model.",
          param: "temperature",
          code: "unsupported_value",
        },
      });
    },
    [
      FIRST,
      "json_schema cold max_completion_tokens",
      "json_schema untempered max_completion_tokens",
    ],
    /the limit is sent as max_completion_tokens; the temperature is the model's own$/,
  ],
  [
    "an older model of Anthropic's",
    "anthropic",
    (parts) =>
      parts.startsWith("json_schema")
        ? refusal(400, {
            type: "error",
            error: {
              type: "invalid_request_error",
              message: "output_config.format: Extra inputs are not permitted",
            },
          })
        : undefined,
    [FIRST, "tool cold max_tokens"],
    /by a forced tool$/,
  ],
  [
    "a model of Anthropic's that takes neither schema, tool nor temperature",
    "anthropic",
    (parts) => {
      const told = parts.includes("cold")
        ? "`temperature` is deprecated for this model."
        : parts.startsWith("json_schema")
          ? "This model does not support structured outputs"
          : parts.startsWith("tool")
            ? "Thinking may not be enabled when tool_choice forces tool use."
            : undefined;
      if (told === undefined) return undefined;
      const error = { type: "invalid_request_error", message: told };
      return refusal(400, { type: "error", error });
    },
    [
      FIRST,
      "json_schema untempered max_tokens",
      "tool untempered max_tokens",
      "text untempered max_tokens",
    ],
    /in plain text$/,
  ],
];

for (const [what, provider, refused, parts, told] of cases) {
  test(`${what} costs its refused requests once, and is told once`, async (t) => {
    const { said } = ANSWERING[provider];
    const { ask, stub, notices } = await worldOf(
      t,
      provider,
      (asked) => refused(partsOf(asked)) ?? said(VERDICT),
    );
    const outcome = await ask();
    assert.ok(outcome.ok, outcome.ok ? "" : outcome.detail);
    assert.deepEqual(outcome.verdicts, JUDGED_WELL);
    assert.deepEqual(stub.asked.map(partsOf), parts);
    const keys = stub.asked.map(({ headers }) => headers["idempotency-key"]);
    assert.equal(keys[0], "0123456789abcdef");
    assert.equal(new Set(keys).size, parts.length, "another request has another key");

    assert.ok((await ask({ key: "fedcba9876543210" })).ok);
    assert.deepEqual(stub.asked.slice(parts.length).map(partsOf), parts.slice(-1));
    assert.equal(notices.length, 1);
    assert.equal(notices[0]?.kind, "asked-with-less");
    assert.match(notices[0].message, told);

    // Another model may take what this one refuses.
    await ask({ model: "judge-2" });
    assert.equal(partsOf(stub.asked[parts.length + 1] ?? stub.asked[0] ?? assert.fail()), FIRST);
  });
}

test("requests under way together find out together, and it is told once", async (t) => {
  const { ask, notices } = await worldOf(t, "openai", (asked) =>
    partsOf(asked) === FIRST
      ? refusal(400, { error: { param: "response_format" } })
      : ANSWERING.openai.said(VERDICT),
  );
  const outcomes = await Promise.all(["a", "b", "c", "d"].map((key) => ask({ key })));
  assert.deepEqual(
    outcomes.map(({ ok }) => ok),
    [true, true, true, true],
  );
  assert.equal(notices.length, 1);
});

test("a refusal of everything ends, is the answer, and is not remembered", async (t) => {
  const words = "temperature response_format max_tokens max_completion_tokens unsupported";
  const { ask, stub, notices } = await worldOf(t, "openai", () =>
    refusal(400, { error: { message: words } }),
  );
  const outcome = await ask();
  assert.ok(!outcome.ok);
  assert.deepEqual([outcome.reason, outcome.retry], ["rejected", false]);
  assert.equal(stub.asked.length, 5);
  await ask();
  assert.equal(stub.asked.length, 10);
  assert.deepEqual(notices, []);
});

test("too large a limit is no reason to send it under another name", async (t) => {
  const { ask, stub } = await worldOf(t, "openai", () =>
    refusal(400, { error: { message: "max_tokens is too large: 20000", param: "max_tokens" } }),
  );
  assert.equal((await ask()).ok, false);
  assert.equal(stub.asked.length, 1);
});

test("a fallback that fails for another reason is found out again", async (t) => {
  const { ask, stub } = await worldOf(t, "openai", (asked, index) =>
    partsOf(asked) === FIRST
      ? refusal(400, { error: { param: "response_format" } })
      : index < 2
        ? ANSWERING.openai.failed(429)
        : ANSWERING.openai.said(VERDICT),
  );
  assert.equal((await ask()).ok, false);
  assert.equal((await ask()).ok, true);
  const json = "json_object cold max_tokens";
  assert.deepEqual(stub.asked.map(partsOf), [FIRST, json, FIRST, json]);
});

test("a verdict may come as the arguments of the forced tool", async (t) => {
  const input = JSON.parse(VERDICT) as object;
  const content = [{ type: "tool_use", id: "toolu_1", name: "verdict", input }];
  const { ask } = await worldOf(t, "anthropic", [
    message({ id: "m", content, stop: "tool_use" }) as JudgeStubAnswer,
  ]);
  const outcome = await ask();
  assert.ok(outcome.ok);
  assert.deepEqual(outcome.verdicts, JUDGED_WELL);
});

test("thoughts aloud, parts, and errors within answers of 200 are read", async (t) => {
  const aloud = ANSWERING.openai.said(`<think>Is {"score": 1} right?</think>\n${VERDICT}`);
  const parts = { content: [{ type: "text", text: VERDICT }] };
  const choices = [{ message: parts, finish_reason: "stop" }];
  const { ask } = await worldOf(t, "openai", [
    aloud,
    raw(200, JSON.stringify({ choices })),
    raw(200, '{"error":{"code":429,"message":"Upstream is busy"}}'),
    raw(200, `{"error":{"message":"Upstream broke"},"choices":${JSON.stringify(choices)}}`),
    raw(200, `{"error":null,"choices":${JSON.stringify(choices)}}`),
  ]);
  assert.equal((await ask()).ok, true);
  const bare = await ask();
  assert.ok(bare.ok);
  assert.equal(bare.usage, undefined);
  for (const reason of ["rate-limited", "server-error"]) {
    const outcome = await ask();
    assert.equal(outcome.ok ? "" : outcome.reason, reason);
  }
  assert.equal((await ask()).ok, true);
});

test("a refusal in a field of its own is one", async (t) => {
  const refused = { content: null, refusal: "I will not judge this." };
  const { ask } = await worldOf(t, "openai", [
    completion({ id: "c", message: refused }) as JudgeStubAnswer,
  ]);
  const outcome = await ask();
  assert.ok(!outcome.ok);
  assert.deepEqual([outcome.reason, outcome.retry], ["refused", true]);
  assert.ok(outcome.usage);
  assert.doesNotMatch(outcome.detail, /I will not/);
});

test("what is used up makes a pause, also after a verdict", async (t) => {
  const { ask } = await worldOf(t, "openai", [
    withHeaders(ANSWERING.openai.said(VERDICT), {
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "1m2.5s",
    }),
  ]);
  const outcome = await ask();
  assert.ok(outcome.ok);
  assert.equal(outcome.pauseMs, 62_500);
});

test("a model that is let run beyond the limit is told once", async (t) => {
  const { ask, notices } = await worldOf(t, "openai", [ANSWERING.openai.said(VERDICT)]);
  await ask({ maxOutputTokens: 80 });
  assert.deepEqual(notices, []);
  await ask({ maxOutputTokens: 79 });
  await ask({ maxOutputTokens: 79 });
  assert.deepEqual(
    notices.map(({ kind }) => kind),
    ["ignores-the-limit"],
  );
});

test("an endpoint that begins to call its model otherwise is told of, once for each name", async (t) => {
  const names = [
    "judge-0601",
    "judge-0601",
    "judge-0815",
    "judge-0601",
    "judge-0815",
    "<b>text</b>",
  ];
  const { ask, notices } = await worldOf(t, "openai", (_asked, i) => {
    const choice = { message: { content: VERDICT } };
    return raw(200, JSON.stringify({ model: names[i], choices: [choice] }));
  });
  for (let i = 0; i < names.length; i++) assert.ok((await ask()).ok);
  assert.deepEqual(
    notices.map(({ kind }) => kind),
    ["another-model"],
  );
  assert.match(
    notices[0]?.message ?? "",
    /answered for judge-1 as judge-0601 and now as judge-0815:/,
  );
});

test("an Azure deployment is asked under its address, with its query and key", async (t) => {
  const { stub, address, at } = await worldOf(t, "openai", [ANSWERING.openai.said(VERDICT)]);
  const judge = at({
    baseUrl: `${address}/openai/deployments/judge`,
    apiKey: undefined,
    headers: { "api-key": new Secret("azure-key") },
    query: { "api-version": new Secret("2025-04-01-preview") },
  });
  assert.equal((await judge.ask(askOf("openai"))).ok, true);
  const [asked] = stub.asked;
  const path = "/openai/deployments/judge/chat/completions?api-version=2025-04-01-preview";
  assert.equal(asked?.path, path);
  assert.equal(asked.headers["api-key"], "azure-key");
  assert.equal(asked.headers.authorization, undefined);
});
