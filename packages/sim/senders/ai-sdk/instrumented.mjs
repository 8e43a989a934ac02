// The cases of `docs/conformance.md`, told by the Vercel AI SDK's own plug-in.
import { OpenTelemetry } from "@ai-sdk/otel";
import * as api from "@opentelemetry/api";
import { flush, traces } from "../contrib-openai/providers.mjs";
import { runInstrumented } from "../run-instrumented.mjs";
import { CASES } from "../vercel-ai/cases.mjs";
import { createOpenAI, registerTelemetry } from "../vercel-ai/client.mjs";

registerTelemetry(new OpenTelemetry());

const make = (url) => createOpenAI({ baseURL: `${url}/v1`, apiKey: "none" });
await runInstrumented({ vercel: { cases: CASES, make } }, { api, traces, flush });
