/** A text as the judge is shown it, and what that took. */
export type JudgedText = {
  readonly text: string;
  /** UTF-16 code units of its middle that are left out, because it is too long. */
  readonly leftOut: number;
  /** Characters taken out, because nobody sees them or they are no characters. */
  readonly removed: number;
  /** Markers of chat templates and of media into which a space was put. */
  readonly defused: number;
};

/** Everything that Unicode or a terminal takes for the end of a line. */
const LINE_BREAK = /\r\n|[\r\v\f\u0085\u2028\u2029]/g;

/**
 * What people do not see and a model reads: zero-width and bidirectional controls, tag characters and
 * variation selectors (all of them default-ignorable), control characters but tab and line feed,
 * interlinear annotation, the empty braille pattern, lone surrogates and noncharacters. Joined emoji
 * fall apart into their parts, which changes no verdict.
 */
const UNSEEN =
  /[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Cs}\ufff9-\ufffb\u2800]|(?![\t\n])\p{Cc}/gu;

/**
 * Markers that servers of open models read as control tokens wherever they stand: ChatML and Llama 3,
 * DeepSeek (with its full-width bar), Llama 2, Mistral, Gemma, T5 and others. Of models that see and
 * hear also those that stand for media: with none beside the request, a server may refuse it, and
 * whoever wrote the marker would not be judged.
 */
const TEMPLATE_MARKERS = new RegExp(
  [
    String.raw`<(?=[|｜][^\s|｜<>]{1,64}[|｜]>)`,
    String.raw`<(?=<\/?SYS>>)`,
    String.raw`\[(?=\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|CALL_ID|ARGS|THINK|PREFIX|MIDDLE|SUFFIX|IMG|IMG_BREAK|IMG_END|AUDIO|BEGIN_AUDIO|gMASK|sMASK)\])`,
    String.raw`<(?=\/?(?:s|bos|eos|unk|pad|mask|cls|sep|sop|eop|think|thinking|tools|tool_call|tool_response|function|im_start|im_end|start_of_turn|end_of_turn|start_of_image|end_of_image|image_soft_token|audio_soft_token|image|img|video|audio|speech|im_patch|image_placeholder|fim_prefix|fim_middle|fim_suffix|extra_id_\d+|unused\d+|reserved_special_token_\d+)>)`,
  ].join("|"),
  "gi",
);

/**
 * Makes a text fit to be shown to the judge as data: in lines that end at line feeds alone, without
 * characters that nobody sees, without control tokens, and no longer than allowed; of a longer text
 * the head and the tail stay, with a line between them that says what is left out.
 *
 * @param maxLength UTF-16 code units kept
 */
export function judgedText(text: string, maxLength: number): JudgedText {
  let removed = 0;
  let defused = 0;
  const clean = text
    .replaceAll(LINE_BREAK, "\n")
    .replaceAll(UNSEEN, () => {
      removed++;
      return "";
    })
    // After the unseen ones, which could stand within a marker.
    .replaceAll(TEMPLATE_MARKERS, (opening) => {
      defused++;
      return `${opening} `;
    });
  return { ...shortened(clean, maxLength), removed, defused };
}

/** Of what is kept, the share of the head: answers begin with their claim and end with the sum of it. */
const HEAD_SHARE = 0.6;

function shortened(text: string, maxLength: number): { text: string; leftOut: number } {
  if (text.length <= maxLength) return { text, leftOut: 0 };
  const headEnd = wholeCharacters(text, Math.floor(maxLength * HEAD_SHARE));
  const tailStart = wholeCharacters(text, text.length - (maxLength - headEnd));
  const leftOut = tailStart - headEnd;
  const note = `\n[… ${withCommas(leftOut)} characters left out …]\n`;
  return { text: text.slice(0, headEnd) + note + text.slice(tailStart), leftOut };
}

/** The offset, moved behind a surrogate pair that it would split. */
function wholeCharacters(text: string, offset: number): number {
  const code = text.charCodeAt(offset);
  return code >= 0xdc00 && code <= 0xdfff ? offset + 1 : offset;
}

function withCommas(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
