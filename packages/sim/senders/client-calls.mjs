// The calls of an application that uses the clients of OpenAI and Anthropic themselves.
import { joined } from "./run-cases.mjs";

/**
 * Makes the function that makes one call; a sender without one of the clients leaves it out, and its
 * plan has no case of that API.
 */
export function clientCalls({ openai, anthropic }) {
  const apis = {
    chat: async ({ name, model, stream, asksUsage }, options) => {
      const body = { model, messages: [{ role: "user", content: name }] };
      if (!stream) {
        const answer = await openai.chat.completions.create(body, options);
        return answer.choices[0].message.content;
      }
      const usage = asksUsage ? { stream_options: { include_usage: true } } : {};
      const chunks = await openai.chat.completions.create({ ...body, stream, ...usage }, options);
      return joined(chunks, (chunk) => chunk.choices[0]?.delta.content);
    },
    responses: async ({ name, model, stream }, options) => {
      const body = { model, input: name };
      if (!stream) return (await openai.responses.create(body, options)).output_text;
      const events = await openai.responses.create({ ...body, stream }, options);
      return joined(events, (event) => event.type === "response.output_text.delta" && event.delta);
    },
    embeddings: async ({ name, model }, options) => {
      const body = { model, input: name, encoding_format: "float" };
      const answer = await openai.embeddings.create(body, options);
      return `${answer.data[0].embedding.length} numbers`;
    },
    messages: async ({ name, model, stream }, options) => {
      const body = { model, max_tokens: 100, messages: [{ role: "user", content: name }] };
      if (!stream) return (await anthropic.messages.create(body, options)).content[0].text;
      const events = await anthropic.messages.create({ ...body, stream }, options);
      return joined(events, (event) => event.type === "content_block_delta" && event.delta.text);
    },
  };
  return (asked) => apis[asked.api](asked, { maxRetries: asked.retries });
}
