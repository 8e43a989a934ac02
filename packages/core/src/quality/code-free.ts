/**
 * The text without what stands in fences of Markdown and between backticks: that is shown, not said.
 * A fence that stays open runs to the end, a backtick without another one in its line is a sign.
 */
export function codeFree(text: string): string {
  if (!text.includes("`") && !text.includes("~~~")) return text;
  const kept: string[] = [];
  let fence = "";
  /** Where the lines begin that are not looked at yet; behind the text's end, there are none. */
  let from = 0;
  for (const { mark, start, end } of fencesOf(text)) {
    if (fence === "") {
      if (start > from) kept.push(withoutSpans(text.slice(from, start - 1)));
      fence = mark;
    } else if (mark.startsWith(fence)) {
      fence = "";
      from = end + 1;
    }
  }
  if (fence === "" && from <= text.length) kept.push(withoutSpans(text.slice(from)));
  return kept.join("\n");
}

/** Lines without what stands between two runs of backticks in one of them. */
function withoutSpans(lines: string): string {
  if (!lines.includes("`")) return lines;
  return lines
    .split("\n")
    .map((line) => {
      const parts = line.split(/`+/);
      return parts.filter((_, i) => i % 2 === 0 || i === parts.length - 1).join(" ");
    })
    .join("\n");
}

/** A line that begins or ends a fence, by the code units before and behind it. */
export type Fence = {
  /** Its backticks or tildes. */
  readonly mark: string;
  readonly start: number;
  readonly end: number;
};

/** The fences of a text in their order, whichever of them belong together. */
export function fencesOf(text: string): readonly Fence[] {
  const fences: Fence[] = [];
  const marks = /```|~~~/g;
  while (marks.test(text)) {
    const start = text.lastIndexOf("\n", marks.lastIndex - 1) + 1;
    const next = text.indexOf("\n", marks.lastIndex);
    const end = next === -1 ? text.length : next;
    const mark = markOf(text.slice(start, end));
    if (mark !== "") fences.push({ mark, start, end });
    marks.lastIndex = end;
  }
  return fences;
}

/** The backticks or tildes that make a line a fence; empty where it is none. */
function markOf(line: string): string {
  const start = line.trimStart();
  const sign = start[0];
  if ((sign !== "`" && sign !== "~") || !start.startsWith(sign.repeat(3))) return "";
  let length = 3;
  while (start[length] === sign) length++;
  // "```x``` in one line" is code in a line.
  return sign === "`" && start.includes("`", length) ? "" : sign.repeat(length);
}
