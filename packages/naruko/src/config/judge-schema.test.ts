import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { promptVersion } from "@naruko/core/judge/prompt";
import { epochMs } from "@naruko/core/model/time";
import type { LoadedConfig } from "./config.ts";
import { judgeEndpointOf, judgeSetupOf } from "./judge-setup.ts";
import { loadConfig, readConfig } from "./load-config.ts";
import { parseYaml } from "./parse-yaml.ts";

const AT = epochMs(Date.UTC(2026, 10, 2));
const KEY = "0".repeat(32);

const read = (text: string): LoadedConfig => readConfig(parseYaml("naruko.yml", text));

const OPENAI = "capture: judge\njudge:\n  endpoint: { model: gpt-4o-mini, api_key: sk-secret }\n";
const LOCAL = "judge:\n  endpoint: { model: llama, base_url: 'http://localhost:11434/v1' }\n";

test("a judge needs a model and a key alone", () => {
  const loaded = read(OPENAI);
  const setup = judgeSetupOf(loaded, { key: KEY, at: AT });
  assert.ok(setup);
  const { rubricFiles, ...rest } = setup;
  assert.deepEqual(rest, {
    provider: "openai",
    model: "gpt-4o-mini",
    language: "en",
    rate: 0.05,
    serviceRates: {},
    rubricRates: {},
    price: { inputUsdPerMillion: 0.15, outputUsdPerMillion: 0.6 },
    concurrency: 4,
    timeoutMs: 60_000,
    maxOutputTokens: 2000,
    promptVersion: promptVersion(),
    key: KEY,
  });
  const names = rubricFiles.map(({ name }) => path.basename(name));
  assert.deepEqual(names, ["faithfulness.md", "relevance.md", "safety.md"]);
  assert.deepEqual(loaded.warnings, []);
  assert.equal(judgeSetupOf(read(""), { key: KEY, at: AT }), undefined);
});

test("a judge has what its file says, and its setup none of the secrets", (t) => {
  const folder = folderFor(t);
  writeFileSync(path.join(folder, "tone.md"), TONE);
  const file = path.join(folder, "naruko.yml");
  writeFileSync(
    file,
    `
capture: store
judge:
  endpoint:
    provider: anthropic
    base_url: https://gateway.example/anthropic
    api_key: \${JUDGE_KEY}
    model: claude-judge
    second_model: other-judge
    headers: { x-team: s3cret-team }
    query: { region: s3cret-region }
  rate: 0.5
  services: { shop: { rate: 1 } }
  rubrics: { files: [tone.md], tone: { rate: 0.25 }, safety: { rate: 0 } }
  language: ja
  budget: { day_usd: 2.5, month_usd: 40 }
  price: { input: 1, output: 5 }
  concurrency: 2
  timeout: 1m30s
  max_output_tokens: 500
prices: [{ model: "other-*", input: 0.5, output: 2 }]
limits: { shownTextLength: 9000 }
`,
  );
  const loaded = loadConfig(file, { JUDGE_KEY: "s3cret-key" });
  const setup = judgeSetupOf(loaded, { key: KEY, at: AT });
  assert.ok(setup);
  assert.doesNotMatch(JSON.stringify(setup), /s3cret/);
  const { rubricFiles, ...rest } = setup;
  assert.deepEqual(rest, {
    provider: "anthropic",
    model: "claude-judge",
    secondModel: "other-judge",
    language: "ja",
    rate: 0.5,
    serviceRates: { shop: 1 },
    rubricRates: { tone: 0.25 },
    usdPerDay: 2.5,
    usdPerMonth: 40,
    price: { inputUsdPerMillion: 1, outputUsdPerMillion: 5 },
    secondPrice: { inputUsdPerMillion: 0.5, outputUsdPerMillion: 2 },
    concurrency: 2,
    timeoutMs: 90_000,
    maxOutputTokens: 500,
    shownTextLength: 9000,
    promptVersion: promptVersion(),
    key: KEY,
  });
  assert.equal(rubricFiles.at(-1)?.text, TONE);
  assert.ok(loaded.config.judge);
  const endpoint = judgeEndpointOf(loaded.config.judge);
  assert.equal(endpoint.apiKey?.reveal(), "s3cret-key");
  assert.equal(endpoint.headers["x-team"]?.reveal(), "s3cret-team");
  assert.equal(endpoint.query["region"]?.reveal(), "s3cret-region");
  assert.doesNotMatch(JSON.stringify(endpoint), /s3cret/);
});

const TONE = "---\nname: tone\n---\n\nIs the answer friendly?\n";

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-judge-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

for (const [capture, warning] of [
  ["", /^naruko\.yml:\d+:1: nothing is judged, and layer L3 is blind: .* write "capture: judge"/],
  ["capture: { redact: [x] }\n", /layer L3 is blind/],
  ["capture: judge\n", undefined],
  ["capture: store\n", undefined],
] as const) {
  test(`with ${JSON.stringify(capture)} the judge is ${warning ? "blind" : "not blind"}`, () => {
    const { warnings } = read(capture + LOCAL);
    assert.equal(warnings.length, warning === undefined ? 0 : 1);
    if (warning !== undefined) assert.match(warnings[0] ?? "", warning);
  });
}

const JUDGE = `${OPENAI}  `;
const refused: readonly (readonly [text: string, message: string])[] = [
  ["judge:", "1:7: judge: expected the judge's settings: at least endpoint"],
  ["judge: {}", "1:8: judge.endpoint: expected the judge's endpoint: at least its model"],
  ["judge: { endpoint: {} }", "1:20: judge.endpoint.model: "],
  [
    "judge: { endpoint: { model: m } }",
    "1:20: judge.endpoint: https://api.openai.com/v1 asks for a key: write api_key: ${OPENAI_API_KEY}",
  ],
  [
    "judge: { endpoint: { model: m, provider: anthropic } }",
    "1:20: judge.endpoint: https://api.anthropic.com asks for a key: write api_key: ${ANTHROPIC_API_KEY}",
  ],
  [
    "judge: { endpoint: { model: m, provider: azure } }",
    "1:42: judge.endpoint.provider: expected openai (any API that is compatible) or anthropic",
  ],
  [
    "judge: { endpoint: { model: m, api_key: '' } }",
    "1:41: judge.endpoint.api_key: expected a key, for instance ${NAME}",
  ],
  [
    'judge: { endpoint: { model: m, api_key: "a\\nb" } }',
    "1:41: judge.endpoint.api_key: expected a key",
  ],
  [
    "judge: { endpoint: { model: m, base_url: 'localhost:11434' } }",
    "1:42: judge.endpoint.base_url: expected an http or https URL",
  ],
  [
    "judge: { endpoint: { model: m, base_url: 'http://u:p@h/v1' } }",
    "1:42: judge.endpoint.base_url: expected an address without a name and password",
  ],
  [
    "judge: { endpoint: { model: m, base_url: 'http://h/v1?api-version=1' } }",
    "1:42: judge.endpoint.base_url: expected an address without a query: write it as judge.endpoint.query",
  ],
  [
    "judge: { endpoint: { model: m, base_url: 'http://h/v1/chat/completions' } }",
    "1:42: judge.endpoint.base_url: expected the base of the API: leave out /chat/completions",
  ],
  [
    "judge: { endpoint: { model: m, provider: anthropic, base_url: 'https://h/v1' } }",
    "1:63: judge.endpoint.base_url: expected the base of the API: leave out /v1",
  ],
  [
    "judge: { endpoint: { model: m, base_url: 'http://h', headers: { authorization: a } } }",
    "1:80: judge.endpoint.headers.authorization: ",
  ],
  [`${JUDGE}rate: 5`, "4:9: judge.rate: expected a share from 0 to 1: 0.05 is one call in twenty"],
  [`${JUDGE}services: { shop: 1 }`, "4:21: judge.services.shop: "],
  [`${JUDGE}services: { shop: { rate: 2 } }`, "4:29: judge.services.shop.rate: expected a share"],
  [`${JUDGE}rubrics: { safety: 0.1 }`, "4:22: judge.rubrics.safety: expected a rubric's rate"],
  [`${JUDGE}rubrics: { files: tone.md }`, "4:21: judge.rubrics.files: expected a list of files"],
  [`${JUDGE}language: de`, "4:13: judge.language: expected en or ja"],
  [
    `${JUDGE}budget: { day_usd: 0 }`,
    "4:22: judge.budget.day_usd: expected US dollars, more than 0",
  ],
  [
    `${JUDGE}budget: { day_usd: 9, month_usd: 3 }`,
    "4:22: judge.budget.day_usd: expected at most month_usd, which would never be reached",
  ],
  [`${JUDGE}budget: { usd: 9 }`, '4:13: unknown key "usd"; known keys: day_usd, month_usd'],
  [`${JUDGE}price: { input: 1 }`, "4:10: judge.price.output: expected US dollars a million tokens"],
  [
    `${JUDGE}second_price: { input: 1, output: 1 }`,
    "4:17: judge.second_price: there is no second_model that it could be the price of",
  ],
  [`${JUDGE}concurrency: 0`, "4:16: judge.concurrency: expected at least 1"],
  [`${JUDGE}timeout: 10m`, "4:12: judge.timeout: expected a duration from 1s to 5m"],
  [`${JUDGE}max_output_tokens: 10`, "4:22: judge.max_output_tokens: expected at least 100"],
  [`${JUDGE}export: true`, "4:11: judge.export: expected where verdicts are sent"],
  [`${JUDGE}export: { url: h }`, "4:18: judge.export.url: expected an http or https URL"],
];
for (const [text, message] of refused) {
  test(`refuses ${text.replace(OPENAI, "… ")}`, () => {
    assert.throws(
      () => read(text),
      (error: Error) => {
        const [first = ""] = error.message.split("\n");
        assert.equal(first.slice(0, message.length + 11), `naruko.yml:${message}`);
        assert.doesNotMatch(error.message, /sk-secret/);
        return true;
      },
    );
  });
}

const unready: readonly (readonly [what: string, text: string, message: RegExp])[] = [
  [
    "a price that nobody knows",
    LOCAL,
    /naruko\.yml:2:22: judge\.endpoint\.model: the price of "llama" at localhost:11434 is not known; write judge\.price: \{ input: 0\.15/,
  ],
  [
    "another's price for a model at our own address",
    LOCAL.replace("llama", "gpt-4o-mini"),
    /the price of "gpt-4o-mini" at localhost:11434 is not known/,
  ],
  [
    "a second model without a price",
    OPENAI.replace("model:", "second_model: other, model:"),
    /naruko\.yml:3:29: judge\.endpoint\.second_model: the price of "other" .* judge\.second_price/,
  ],
  [
    "a rate of no rubric",
    `${OPENAI}  rubrics: { saftey: { rate: 0.1 } }`,
    /naruko\.yml:4:22: judge\.rubrics\.saftey: there is no rubric of this name; rubrics are: faithfulness, relevance, safety/,
  ],
  [
    "no rubric but such as are left out",
    `${OPENAI}  rubrics: { faithfulness: { rate: 0 }, relevance: { rate: 0 }, safety: { rate: 0 } }`,
    /naruko\.yml:4:12: judge\.rubrics: every rubric has the rate 0: nothing is judged/,
  ],
  [
    "a rubric file that is not there",
    `${OPENAI}  rubrics: { files: [none.md] }`,
    /none\.md: cannot be read/,
  ],
];
for (const [what, text, message] of unready) {
  test(`no setup with ${what}`, (t) => {
    const file = path.join(folderFor(t), "naruko.yml");
    writeFileSync(file, text);
    const loaded = loadConfig(file, {});
    assert.throws(() => judgeSetupOf(loaded, { key: KEY, at: AT }), message);
  });
}

test("no setup with two rubrics of one name", (t) => {
  const folder = folderFor(t);
  const file = path.join(folder, "naruko.yml");
  writeFileSync(path.join(folder, "own.yml"), "name: safety\ninstruction: Is it safe?\n");
  writeFileSync(file, `${OPENAI}  rubrics: { files: [own.yml] }`);
  const loaded = loadConfig(file, {});
  assert.throws(
    () => judgeSetupOf(loaded, { key: KEY, at: AT }),
    /own\.yml:1:1: rubric "safety" is in .*safety\.md too/,
  );
});

test("a rubric with the rate 0 is not judged by, and has no rate to be drawn at", () => {
  const loaded = read(`${OPENAI}  rubrics: { safety: { rate: 0 }, relevance: { rate: 0.01 } }`);
  const setup = judgeSetupOf(loaded, { key: KEY, at: AT });
  assert.deepEqual(
    setup?.rubricFiles.map(({ name }) => path.basename(name)),
    ["faithfulness.md", "relevance.md"],
  );
  assert.deepEqual(setup.rubricRates, { relevance: 0.01 });
});

test("what costs nothing is said to cost nothing", () => {
  const loaded = read(`${LOCAL}  price: { input: 0, output: 0 }`);
  const setup = judgeSetupOf(loaded, { key: KEY, at: AT });
  assert.deepEqual(setup?.price, { inputUsdPerMillion: 0, outputUsdPerMillion: 0 });
});
