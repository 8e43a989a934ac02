// An application that asks models by Anthropic's client, observed by `@naruko/sdk`.
import { runObserved } from "../run-observed.mjs";
import { CASES } from "./cases.mjs";

const name = process.env.SENDER_VERSION === "0" ? "anthropic-0" : "@anthropic-ai/sdk";
const { default: Anthropic } = await import(name);
await runObserved(
  CASES,
  (baseURL, options) => new Anthropic({ baseURL, apiKey: "none", maxRetries: 0, ...options }),
);
