// Real clients against stubs of their providers: what arrives is written out in `expected/`, case by
// case. `NARUKO_WRITE_EXPECTED=1` writes the files anew, to be read before they are committed.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { ANTHROPIC_ANSWERS } from "./anthropic-answers.ts";
import { BEDROCK_ANSWERS } from "./bedrock-answers.ts";
import { GOOGLE_GENAI_ANSWERS } from "./google-genai-answers.ts";
import { OPENAI_ANSWERS } from "./openai-answers.ts";
import { type ClientRun, isInstalled, runClient } from "./run-client.ts";
import { VERCEL_AI_ANSWERS } from "./vercel-ai-answers.ts";

type Conformance = ClientRun & { readonly name: string; readonly expected: string };

const LATEST = { OTEL_SEMCONV_STABILITY_OPT_IN: "gen_ai_latest_experimental" };
const CAPTURE_CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
const CAPTURE = { [CAPTURE_CONTENT]: "true" };
const anthropic = { folder: "anthropic", answers: ANTHROPIC_ANSWERS };
const bedrock = { folder: "bedrock", answers: BEDROCK_ANSWERS };
const google = { folder: "google-genai", answers: GOOGLE_GENAI_ANSWERS };
const vercel = { folder: "vercel-ai", answers: VERCEL_AI_ANSWERS, built: true };
const openai = { folder: "openai", answers: OPENAI_ANSWERS };

const TABLE: readonly Conformance[] = [
  { ...openai, name: "openai 7", expected: "openai.txt" },
  { ...openai, name: "openai 7, latest names", expected: "openai-latest.txt", environment: LATEST },
  {
    ...openai,
    name: "openai 7, with content",
    expected: "openai-content.txt",
    environment: CAPTURE,
    cases: [
      "chat, plain",
      "chat, streamed",
      "chat, streamed, cut",
      "chat, tool call",
      "chat, tool call, streamed",
      "chat, refusal, streamed",
      "responses, streamed",
      "responses, tool call, streamed",
      "embeddings, plain",
    ],
  },
  {
    ...openai,
    name: "openai 7, with content in events",
    expected: "openai-events.txt",
    environment: { [CAPTURE_CONTENT]: "event_only" },
    cases: ["chat, plain", "chat, streamed", "chat, streamed, cut", "chat, tool call", "chat, 429"],
  },
  ...["4", "5", "6"].map((version) => ({
    ...openai,
    name: `openai ${version}`,
    expected: "openai.txt",
    environment: { SENDER_VERSION: version },
    // Version 4 drops the code of an error that comes as an event.
    cases: [...OPENAI_ANSWERS.keys()].filter(
      (name) => version !== "4" || name !== "responses, streamed, error event",
    ),
  })),
  {
    ...openai,
    name: "openai 7, registered",
    expected: "openai.txt",
    registered: true,
    cases: ["chat, plain", "chat, streamed", "chat, runTools()", "responses, plain"],
  },
  { ...anthropic, name: "anthropic 1", expected: "anthropic.txt" },
  {
    ...anthropic,
    name: "anthropic 1, registered",
    expected: "anthropic.txt",
    registered: true,
    cases: ["plain", "streamed"],
  },
  {
    ...anthropic,
    name: "anthropic 0.60",
    expected: "anthropic.txt",
    environment: { SENDER_VERSION: "0" },
    cases: [...ANTHROPIC_ANSWERS.keys()].filter((name) => !name.startsWith("beta, ")),
  },
  {
    ...anthropic,
    name: "anthropic 1, latest names",
    expected: "anthropic-latest.txt",
    environment: LATEST,
    cases: ["plain", "streamed", "cached tokens, streamed", "every parameter", "429"],
  },
  {
    ...anthropic,
    name: "anthropic 1, with content",
    expected: "anthropic-content.txt",
    environment: CAPTURE,
    cases: [
      "plain",
      "streamed",
      "streamed, cut",
      "tool call, streamed",
      "tool answer",
      "server tool, streamed",
      "reasoning tokens, streamed",
      "refusal, streamed",
    ],
  },
  { ...google, name: "google 3", expected: "google-genai.txt" },
  {
    ...google,
    name: "google 3, registered",
    expected: "google-genai.txt",
    registered: true,
    cases: ["plain", "streamed"],
  },
  {
    ...google,
    name: "google 3, latest names",
    expected: "google-genai-latest.txt",
    environment: LATEST,
    cases: [
      "plain",
      "streamed",
      "reasoning tokens, streamed",
      "tokens of pictures",
      "prompt refused",
      "every parameter",
      "embeddings, plain",
    ],
  },
  {
    ...google,
    name: "google 3, with content",
    expected: "google-genai-content.txt",
    environment: CAPTURE,
    cases: [
      "plain",
      "streamed",
      "streamed, cut",
      "tool call, streamed",
      "tool answer",
      "two candidates",
      "reasoning tokens, streamed",
      "embeddings, plain",
    ],
  },
  { ...bedrock, name: "bedrock 3", expected: "bedrock.txt" },
  {
    ...bedrock,
    name: "bedrock 3, registered",
    expected: "bedrock.txt",
    registered: true,
    cases: ["plain", "streamed"],
  },
  {
    ...bedrock,
    name: "bedrock 3, latest names",
    expected: "bedrock-latest.txt",
    environment: LATEST,
    cases: ["plain", "streamed", "cached tokens, streamed", "refusal", "every parameter"],
  },
  {
    ...bedrock,
    name: "bedrock 3, with content",
    expected: "bedrock-content.txt",
    environment: CAPTURE,
    cases: [
      "plain",
      "streamed",
      "streamed, cut",
      "tool call, streamed",
      "tool answer",
      "reasoning, streamed",
    ],
  },
  { ...vercel, name: "vercel ai 7", expected: "vercel-ai.txt" },
  {
    ...vercel,
    name: "vercel ai 7, latest names",
    expected: "vercel-ai-latest.txt",
    environment: LATEST,
    cases: ["plain", "streamed", "tool call", "generateObject()", "agent", "embeddings, plain"],
  },
  {
    ...vercel,
    name: "vercel ai 7, with content",
    expected: "vercel-ai-content.txt",
    environment: CAPTURE,
    cases: [
      "plain",
      "streamed",
      "streamed, cut",
      "tool call",
      "tool call, streamed",
      "generateObject()",
      "not recorded",
      "embeddings, plain",
    ],
  },
];

const writes = process.env["NARUKO_WRITE_EXPECTED"] === "1";

for (const run of TABLE) {
  const installed = isInstalled(run.folder) || process.env["NARUKO_REQUIRE_PEERS"] === "1";
  const skip = installed ? false : `npm test installs the packages of senders/${run.folder}`;
  test(run.name, { skip }, async () => {
    const cases = await runClient(run);
    const file = path.join(import.meta.dirname, "expected", run.expected);
    if (writes && run.registered !== true && run.environment?.["SENDER_VERSION"] === undefined) {
      const sections = cases.map(({ name, seen, told }) => `## ${name}\n${seen}\n${told}\n`);
      writeFileSync(file, sections.join("\n"));
    }
    const expected = sectionsOf(readFileSync(file, "utf8"));
    for (const { name, told } of cases) {
      assert.equal(told, expected.get(name) ?? "(nothing)", `${run.name}: ${name}`);
    }
    if (run.cases === undefined) assert.deepEqual([...expected.keys()], [...run.answers.keys()]);
    const bare = await runClient({ ...run, bare: true, registered: false });
    assert.deepEqual(
      cases.map(({ name, seen }) => ({ name, seen })),
      bare.map(({ name, seen }) => ({ name, seen })),
      "the application sees what it sees without us",
    );
  });
}

/** What was told, by case; what the application saw stands above it, to be read. */
function sectionsOf(text: string): ReadonlyMap<string, string> {
  const sections = text.split(/^## /m).filter((section) => section !== "");
  return new Map(
    sections.map((section): [string, string] => {
      const [name = "", , ...told] = section.trimEnd().split("\n");
      return [name, told.join("\n")];
    }),
  );
}
