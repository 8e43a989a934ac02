// An application that asks models by Google's client, observed by `@naruko/sdk`.
import { GoogleGenAI } from "@google/genai";
import { runObserved } from "../run-observed.mjs";
import { CASES } from "./cases.mjs";

await runObserved(
  CASES,
  (baseUrl, httpOptions) =>
    new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl, ...httpOptions } }),
);
