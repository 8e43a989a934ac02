// An application that asks models by OpenAI's client, observed by `@naruko/sdk`.
import { runObserved } from "../run-observed.mjs";
import { CASES, clientClass } from "./cases.mjs";

const OpenAI = await clientClass();
await runObserved(
  CASES,
  (baseURL, options) =>
    new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: "none", maxRetries: 0, ...options }),
);
