// The cases of `docs/conformance.md`, instrumented by OpenTelemetry's own package for OpenAI's client.
import * as api from "@opentelemetry/api";
import { OpenAIInstrumentation } from "@opentelemetry/instrumentation-openai";
import { createRequire } from "node:module";
import { CASES } from "../openai/cases.mjs";
import { runInstrumented } from "../run-instrumented.mjs";
import { flush, meters, traces } from "./bench-providers.mjs";

const instrumentation = new OpenAIInstrumentation();
instrumentation.setTracerProvider(traces);
instrumentation.setMeterProvider(meters);
// Patched is what `require` loads after this.
const { OpenAI } = createRequire(import.meta.url)("openai");

const settings = { apiKey: "none", maxRetries: 0 };
const make = (url, options) => new OpenAI({ baseURL: `${url}/v1`, ...settings, ...options });
await runInstrumented({ openai: { cases: CASES, make } }, { api, traces, flush });
