// Calls the functions of `recipes.mjs`, and prints what the application sees of them.
import process from "node:process";
import { callLlm, evaluateQuality } from "./recipes.mjs";

const QUESTION = "What is heard?";
const print = (line) => process.stdout.write(`${line}\n`);

/** By the default rate: chance is on the one side of a twentieth, then on the other. */
const answer = await callLlm(QUESTION, "gpt-5.1");
print(answer.text);
for (const chance of [0.05, 0.049]) {
  Math.random = () => chance;
  print(await evaluateQuality(QUESTION, answer, "gpt-5.1"));
}
// The judge says what is no JSON, scores that are none, null, and nothing (it is away).
for (let turn = 0; turn < 4; turn++) {
  const judged = await callLlm(QUESTION, "gpt-5.1");
  print(await evaluateQuality(QUESTION, judged, "gpt-5.1", 1));
}
await evaluateQuality(QUESTION, await callLlm(QUESTION, "gpt-4o-mini"), "gpt-4o-mini", 1);
await callLlm(QUESTION, "gpt-5.1").catch(({ constructor, status }) => {
  print(`${constructor.name} ${status}`);
});
