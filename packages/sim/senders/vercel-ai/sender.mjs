// An application on the Vercel AI SDK, with `@naruko/sdk` as its telemetry.
import { createOpenAI } from "@ai-sdk/openai";
import { aiSdkTelemetry } from "@naruko/sdk";
import { registerTelemetry } from "ai";
import { runObserved } from "../run-observed.mjs";
import { CASES } from "./cases.mjs";

const { bare } = JSON.parse(process.env.SENDER_PLAN ?? "{}");
if (!bare) registerTelemetry(aiSdkTelemetry());
await runObserved(CASES, (baseURL) => createOpenAI({ baseURL: `${baseURL}/v1`, apiKey: "none" }));
