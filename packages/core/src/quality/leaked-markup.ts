import type { Call } from "../model/call.ts";
import { codeFree } from "./code-free.ts";

/**
 * Whether the answer has marks that were made for machines: ends of messages and roles of a model's
 * chat format, or placeholders that nobody filled in. Code is left out, and so is everything where the
 * input speaks of such marks.
 */
export function hasLeakedMarkup(call: Call): boolean {
  const { input = "", output } = call.text ?? {};
  if (output === undefined || call.errorType !== undefined) return false;
  // Most answers have none of the signs; finding that out must cost little.
  const hasMark = output.includes("<") || output.includes("[");
  const hasPlaceholder = output.includes("{{") || output.includes("{%");
  const hasRole = output.includes(":");
  if (!hasMark && !hasPlaceholder && !hasRole) return false;
  const said = codeFree(output);
  return (
    (hasMark && MARKS.test(said) && !SPEAKS_OF_MARKS.test(input)) ||
    (hasPlaceholder && PLACEHOLDER.test(said) && !SPEAKS_OF_TEMPLATES.test(input)) ||
    (hasRole && hasRoleMarks(said) && !SPEAKS_OF_ROLES.test(input))
  );
}

/** Marks of ChatML, Llama, Mistral, Gemma, Phi, DeepSeek, Qwen, gpt-oss and T5. */
const MARKS =
  /<\|[a-z0-9_]{1,40}\|>|<｜[^｜\s]{1,40}｜>|\[\/?INST\]|<<\/?SYS>>|<\/?think(?:ing)?>|<\/?tool_calls?>|<\/?function_calls?>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>|\[PAD\]|<\/s>\s*$/;

/** `{{name}}`, `{{ user.name }}`, `{{1}}`, `{% if x %}`; not after `$`, `^` or a command of LaTeX. */
const PLACEHOLDER =
  /(?:^|[^$^_\\{}\p{L}\p{N}]|[\u3040-\u9fff])\{\{[#/^>]? {0,2}[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,60}(?: [\p{L}\p{N}_]{1,30}){0,3} {0,2}\}\}|\{%-? {0,2}(?:if|for|end\w{1,10}|set|else|include|block|extends) ?[^%\n]{0,100}%\}/u;

/** An answer that begins by saying whose turn it is, or goes on with the next turn of both. */
function hasRoleMarks(text: string): boolean {
  if (FIRST_TURN.test(text.slice(0, 40))) return true;
  // Looking for a word costs a fraction of an expression over all lines.
  if (text.includes("###") && TITLE_OF_TURN.test(text)) return true;
  if (!text.includes("User:") && !text.includes("Human:")) return false;
  return /^(?:Human|User):\s/m.test(text) && /^(?:Assistant|AI):\s/m.test(text);
}

const FIRST_TURN = /^\s*(?:assistant|Assistant|ASSISTANT|AI|User|user|Human|model|system) ?:\s/;
const TITLE_OF_TURN = /^### (?:Response|Instruction|Assistant|Human|User):[ \t]*$/m;

const SPEAKS_OF_MARKS =
  /<\||\[\/?INST|<<SYS|token|chatml|template|markup|\bxml\b|html|(?:opening|closing) tag|トークン|标签|标记|模板|テンプレート|タグ/i;

const SPEAKS_OF_TEMPLATES =
  /\{\{|\{%|template|placeholder|variable|jinja|handlebars|mustache|\bvue\b|angular|\bhelm\b|django|twig|liquid|ansible|github action|workflow|nunjucks|svelte|\bhugo\b|jekyll|latex|f-string|brace|\bblade\b|\bdbt\b|n8n|postman|vorlage|platzhalter|variablen|modèle|plantilla|marcador|gabarit|テンプレート|プレースホルダ|変数|模板|占位|变量|템플릿|변수/i;

const SPEAKS_OF_ROLES =
  /(?:user|human|assistant|ai) ?:|dialog|conversation|transcript|script|interview|chat|role-?play|instruction|gespräch|unterhaltung|conversación|entretien|会話|対話|台本|对话|脚本|采访|대화/i;
