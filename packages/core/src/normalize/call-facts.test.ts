// What each dialect tells beside the text: what was asked for, what was offered, what was called.
import assert from "node:assert/strict";
import test from "node:test";
import type { CallFacts } from "../model/call.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { epochMs } from "../model/time.ts";
import type { AttributeValue, SpanRecord } from "../receive/records.ts";
import { origin, span, START } from "../testing/records.ts";
import { normalizeSpans } from "./normalize-spans.ts";

type Values = Readonly<Record<string, AttributeValue>>;

function factsOf(record: SpanRecord): CallFacts | undefined {
  const seen: (CallFacts | undefined)[] = [];
  const { telemetry } = normalizeSpans([record], {
    at: epochMs(START + 2000),
    maxAheadMs: 600_000,
    limits: DEFAULT_LIMITS,
    flagsOf: ({ facts }) => {
      seen.push(facts);
      return [];
    },
  });
  assert.equal(telemetry.calls.length, 1);
  assert.ok(telemetry.calls.every((call) => !("facts" in call)));
  return seen[0];
}

const SCHEMA = '{"type":"object","required":["city"]}';
const WEATHER = { name: "weather", parameters: SCHEMA };
const OSLO = { name: "weather", arguments: '{"city":"Oslo"}' };
const WRITTEN = JSON.stringify(OSLO.arguments);
const OPENAI_TOOL = `{"type":"function","function":{"name":"weather","parameters":${SCHEMA}}}`;
const RESPONSE_FORMAT = `{"type":"json_schema","json_schema":{"name":"a","schema":${SCHEMA}}}`;
const JSON_ASKED = { outputType: "json", outputSchema: SCHEMA };

const genai = (values: Values): SpanRecord => span({ "gen_ai.operation.name": "chat", ...values });
const inference = (values: Values): SpanRecord =>
  span({ "openinference.span.kind": "LLM", ...values });
const aiSdk = (values: Values): SpanRecord =>
  span({ "ai.operationId": "ai.generateText.doGenerate", ...values });
const langfuse = (values: Values): SpanRecord =>
  span({ "langfuse.observation.type": "generation", ...values });
const langSmith = (values: Values): SpanRecord => span({ "langsmith.span.kind": "llm", ...values });
const pydantic = (values: Values): SpanRecord =>
  span(
    { "gen_ai.operation.name": "chat", ...values },
    { origin: origin({ "service.name": "shop" }, "pydantic-ai") },
  );
const said = (...parts: readonly object[]): string =>
  JSON.stringify([{ role: "assistant", parts }]);

const rows: readonly (readonly [what: string, record: SpanRecord, facts: CallFacts | undefined])[] =
  [
    ["conventions: nothing", genai({ "gen_ai.request.model": "m" }), undefined],
    [
      "conventions: the type of the output",
      genai({ "gen_ai.output.type": "json" }),
      { outputType: "json" },
    ],
    [
      "conventions up to v1.36: a response format of OpenAI",
      genai({ "gen_ai.openai.request.response_format": "json_object" }),
      { outputType: "json" },
    ],
    [
      "conventions: definitions of tools, in any provider's form",
      genai({
        "gen_ai.tool.definitions": `[${OPENAI_TOOL},
          {"type":"function","name":"b","parameters":{}},
          {"name":"c","input_schema":{"type":"object"}},
          {"functionDeclarations":[{"name":"d"},{"name":"e","parametersJsonSchema":true}]},
          {"type":"web_search"}, {"description":"nameless"}, 7]`,
      }),
      {
        tools: [
          WEATHER,
          { name: "b", parameters: "{}" },
          { name: "c", parameters: '{"type":"object"}' },
          { name: "d" },
          { name: "e", parameters: "true" },
          { name: "web_search" },
        ],
      },
    ],
    ["conventions: no tool", genai({ "gen_ai.tool.definitions": "[]" }), { tools: [] }],
    [
      "conventions: definitions that were cut",
      genai({ "gen_ai.tool.definitions": `[${OPENAI_TOOL},{"type":` }),
      undefined,
    ],
    [
      "conventions: tool calls, as structure and as text",
      genai({
        "gen_ai.output.messages": said(
          { type: "text", content: "Looking." },
          { type: "tool_call", id: "1", name: "weather", arguments: { city: "Oslo" } },
          { type: "tool_call", id: "2", ...OSLO },
          { type: "tool_call", id: "3", name: "now" },
          { type: "tool_call", id: "4", arguments: {} },
          { type: "tool_call_response", response: "no call" },
        ),
      }),
      { toolCalls: [OSLO, OSLO, { name: "now" }] },
    ],
    [
      "conventions: tool calls of earlier turns are none of this call's",
      genai({ "gen_ai.input.messages": said({ type: "tool_call", ...OSLO }) }),
      undefined,
    ],
    [
      "conventions: OpenAI's message in an event",
      span(
        { "gen_ai.operation.name": "chat" },
        {
          events: [
            {
              name: "gen_ai.content.completion",
              at: START,
              attributes: new Map([
                [
                  "gen_ai.completion",
                  `[{"role":"assistant","content":null,
                     "tool_calls":[{"type":"function","function":{"name":"weather","arguments":${WRITTEN}}}]}]`,
                ],
              ]),
            },
          ],
        },
      ),
      { toolCalls: [OSLO] },
    ],
    [
      "OpenLLMetry: numbered keys",
      genai({
        "llm.request.functions.0.name": "weather",
        "llm.request.functions.0.parameters": SCHEMA,
        "llm.request.functions.1.name": "now",
        "llm.request.functions.3.name": "behind a gap",
        "gen_ai.request.structured_output_schema": SCHEMA,
        "gen_ai.completion.0.tool_calls.0.name": "weather",
        "gen_ai.completion.0.tool_calls.0.arguments": OSLO.arguments,
        "gen_ai.completion.0.tool_calls.1.name": "now",
        "gen_ai.completion.1.tool_calls.0.name": "now",
      }),
      {
        outputSchema: SCHEMA,
        tools: [WEATHER, { name: "now" }],
        toolCalls: [OSLO, { name: "now" }, { name: "now" }],
      },
    ],
    [
      "OpenLLMetry's first names",
      span({
        "llm.request.type": "chat",
        "llm.completions.0.tool_calls.0.name": "weather",
        "llm.completions.0.tool_calls.0.arguments": OSLO.arguments,
      }),
      { toolCalls: [OSLO] },
    ],
    [
      "LiteLLM: one call without a number",
      genai({
        "gen_ai.completion.0.function_call.name": "weather",
        "gen_ai.completion.0.function_call.arguments": OSLO.arguments,
      }),
      { toolCalls: [OSLO] },
    ],
    [
      "OpenInference: chat completions",
      inference({
        "llm.invocation_parameters": `{"model":"m","response_format":${RESPONSE_FORMAT}}`,
        "llm.tools.0.tool.json_schema": OPENAI_TOOL,
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "weather",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": OSLO.arguments,
      }),
      { ...JSON_ASKED, tools: [WEATHER], toolCalls: [OSLO] },
    ],
    [
      "OpenInference: responses",
      inference({
        "llm.invocation_parameters": `{"text":{"format":{"type":"json_schema","name":"a","schema":${SCHEMA}}}}`,
      }),
      JSON_ASKED,
    ],
    [
      "OpenInference: parameters that were cut",
      inference({ "llm.invocation_parameters": '{"response_format":{"type":"json_' }),
      undefined,
    ],
    [
      "AI SDK: tools and calls",
      aiSdk({
        "ai.prompt.tools": [
          `{"type":"function","name":"weather","inputSchema":${SCHEMA}}`,
          '{"type":"provider-defined","id":"openai.web_search","name":"web"}',
          '{"cut',
        ],
        "ai.response.toolCalls": `[{"toolCallId":"1","toolName":"weather","input":${WRITTEN}},
          {"toolCallType":"function","toolCallId":"2","toolName":"weather","args":${WRITTEN}}]`,
      }),
      { tools: [WEATHER, { name: "web" }], toolCalls: [OSLO, OSLO] },
    ],
    [
      "AI SDK: an object",
      aiSdk({ "ai.operationId": "ai.streamObject.doStream", "ai.schema": SCHEMA }),
      JSON_ASKED,
    ],
    [
      "Langfuse: a request with tools, and an answer with calls",
      langfuse({
        "langfuse.observation.input": `{"messages":[{"role":"user","content":"?"}],"tools":[${OPENAI_TOOL}]}`,
        "langfuse.observation.model.parameters": `{"response_format":${RESPONSE_FORMAT}}`,
        "langfuse.observation.output": `{"role":"assistant","content":null,
          "tool_calls":[{"id":"1","type":"function","function":{"name":"weather","arguments":${WRITTEN}}}]}`,
      }),
      { ...JSON_ASKED, tools: [WEATHER], toolCalls: [OSLO] },
    ],
    [
      "LangSmith: a wrapped client",
      langSmith({
        "gen_ai.prompt": `{"messages":[{"role":"user","content":"?"}],"tools":[${OPENAI_TOOL}],
          "response_format":{"type":"json_object"}}`,
        "gen_ai.completion": `{"choices":[{"message":{"content":null,"tool_calls":[
          {"type":"function","function":{"name":"weather","arguments":${WRITTEN}}}]}}]}`,
      }),
      { outputType: "json", tools: [WEATHER], toolCalls: [OSLO] },
    ],
    [
      "pydantic-ai: what the agent asks for",
      pydantic({
        model_request_parameters: `{"function_tools":[{"name":"weather","parameters_json_schema":${SCHEMA}}],
          "output_mode":"tool","output_tools":[{"name":"final_result"}],"output_object":null}`,
      }),
      { tools: [WEATHER, { name: "final_result" }] },
    ],
    [
      "pydantic-ai: an object",
      pydantic({
        model_request_parameters: `{"function_tools":[],"output_mode":"native","output_object":{"json_schema":${SCHEMA}}}`,
      }),
      { ...JSON_ASKED, tools: [] },
    ],
    [
      "Logfire: the body of a request",
      span({
        "logfire.json_schema": "{}",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "m",
        request_data: `{"tools":[${OPENAI_TOOL}],"response_format":{"type":"text"}}`,
        response_data: `{"message":{"tool_calls":[{"function":{"name":"weather","arguments":${WRITTEN}}}]}}`,
      }),
      { outputType: "text", tools: [WEATHER], toolCalls: [OSLO] },
    ],
  ];

for (const [what, record, facts] of rows) {
  test(`facts by ${what}`, () => {
    assert.deepEqual(factsOf(record), facts);
  });
}
