import type { Attributes, SpanRecord } from "../receive/records.ts";
import { cutTo, jsonMembers, jsonOf } from "./attributes.ts";
import type { ReadContext } from "./context.ts";
import { firstMember, jsonText, listOf, memberOf } from "./structured.ts";

/**
 * The text of the documents that a span retrieved, one paragraph each; `undefined` where it retrieved
 * none, or tells only which. Vector databases are no calls in any dialect, and told by names of their
 * own: what is looked for does not depend on the span's dialect.
 */
export function retrievedIn(span: SpanRecord, context: ReadContext): string | undefined {
  const texts = documentsIn(span).filter((text) => text.trim() !== "");
  if (texts.length === 0) return undefined;
  const whole = texts.join("\n\n");
  if (whole.length > context.limits.textLength) context.ignored.add("text-cut");
  return cutTo(whole, context.limits.textLength);
}

function documentsIn({ attributes, events }: SpanRecord): readonly string[] {
  const kind = attributes.get("openinference.span.kind");
  if (kind === "RETRIEVER") return numbered(attributes, "retrieval.documents.");
  if (kind === "RERANKER") return numbered(attributes, "reranker.output_documents.");
  if (attributes.get("langfuse.observation.type") === "retriever")
    return textsOf(attributes.get("langfuse.observation.output"));
  if (attributes.get("langsmith.span.kind") === "retriever")
    return textsOf(memberOf(jsonMembers(attributes.get("gen_ai.completion")), "documents"));
  const told = attributes.get("gen_ai.retrieval.documents");
  if (told !== undefined) return textsOf(told);
  // OpenLLMetry's vector databases: an event a document.
  const found = events.filter(({ name }) => name === "db.query.result");
  return found.flatMap((event) => textsOf(event.attributes.get("db.query.result.document")));
}

/** Documents of OpenInference, by number; one that has no content does not end them. */
function numbered(attributes: Attributes, prefix: string): readonly string[] {
  const texts: string[] = [];
  for (let i = 0; i < attributes.size; i++) {
    const content = attributes.get(`${prefix}${i}.document.content`);
    if (typeof content === "string") texts.push(content);
    else if (!NUMBERED.some((key) => attributes.has(`${prefix}${i}.document.${key}`))) break;
  }
  return texts;
}

const NUMBERED = ["id", "score", "metadata"];

/** Where libraries have the text of a document. */
const CONTENT = ["content", "text", "page_content", "pageContent", "document"];

/** Lists of lists, and JSON in JSON: deeper structure has no documents in it. */
const MAX_DEPTH = 4;

/** Texts of documents, as a list of them or in JSON; text that is no JSON is one document. */
function textsOf(value: unknown, depth = 0): readonly string[] {
  if (depth > MAX_DEPTH) return [];
  if (typeof value === "string") {
    const parsed = jsonOf(value);
    const isText = typeof parsed !== "object" || parsed === null;
    return isText ? [value] : textsOf(parsed, depth + 1);
  }
  if (Array.isArray(value)) return listOf(value).flatMap((item) => textsOf(item, depth + 1));
  const documents = memberOf(value, "documents");
  if (documents !== undefined) return textsOf(documents, depth + 1);
  const content =
    firstMember(value, CONTENT) ?? memberOf(memberOf(value, "kwargs"), "page_content");
  return content === undefined ? [] : [jsonText(content)];
}
