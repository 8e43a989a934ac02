// The application of `docs/send/sdk.md`. `OPENAI_BASE_URL` and `OPENAI_API_KEY` say whom it asks.
import { observe, start } from "@naruko/sdk";
import OpenAI from "openai";

start({ serviceName: "shop" });
const openai = observe(new OpenAI());

const model = "gpt-5.1";
const messages = [{ role: "user", content: "What is heard?" }];
const [conversationId, userId] = ["c-1", "u-1"];

import { recordEvaluation, recordFeedback, withContext } from "@naruko/sdk";

const completion = await withContext({ conversationId, userId, feature: "search" }, () =>
  openai.chat.completions.create({ model, messages }),
);
recordEvaluation({ name: "relevance", score: 0.9, label: "good", callId: completion.id });
recordFeedback({ rating: "up", callId: completion.id });
