// The same by `require`.
const { OpenAI } = require("openai");

const openai = new OpenAI({ baseURL: `${process.env.HOST_URL}/v1`, apiKey: "none" });
const messages = [{ role: "user", content: "What is heard?" }];
async function main() {
  const { choices } = await openai.chat.completions.create({ model: "gpt-5.1", messages });
  process.stdout.write(`saw ${choices[0].message.content}\ndone\n`);
}

void main();
