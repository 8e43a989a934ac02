/**
 * The text without what stands in fences of Markdown and between backticks: that is shown, not said.
 * A fence that stays open runs to the end, a backtick without another one in its line is a sign.
 */
export function codeFree(text: string): string {
  if (!text.includes("`") && !text.includes("~~~")) return text;
  const kept: string[] = [];
  let fence = "";
  for (const line of text.split("\n")) {
    const mark = fenceOf(line);
    if (mark !== "" && (fence === "" || mark.startsWith(fence))) fence = fence === "" ? mark : "";
    else if (fence === "") kept.push(line.includes("`") ? withoutSpans(line) : line);
  }
  return kept.join("\n");
}

/** A line without what stands between two runs of backticks. */
function withoutSpans(line: string): string {
  const parts = line.split(/`+/);
  return parts.filter((_, i) => i % 2 === 0 || i === parts.length - 1).join(" ");
}

/** The backticks or tildes that make a line the begin or end of a fence; empty where it is none. */
export function fenceOf(line: string): string {
  const start = line.trimStart();
  const sign = start[0];
  if ((sign !== "`" && sign !== "~") || !start.startsWith(sign.repeat(3))) return "";
  let length = 3;
  while (start[length] === sign) length++;
  // "```x``` in one line" is code in a line.
  return sign === "`" && start.includes("`", length) ? "" : sign.repeat(length);
}
