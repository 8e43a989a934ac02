// The Vercel AI SDK, for programs in other folders: this copy of it, which `cases.mjs` has too.
export { createOpenAI } from "@ai-sdk/openai";
export { registerTelemetry } from "ai";
