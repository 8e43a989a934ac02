import { InputError, lineAndColumn, type Place } from "../model/input-error.ts";
import { JUDGE_LANGUAGES, type JudgeLanguage, type RubricText } from "./rubric.ts";

/** A Markdown file with a head of YAML between two lines `---`. */
export type MarkdownParts = {
  /** The YAML, with blanks where the first `---` stands: offsets are those of the file. */
  readonly head: string;
  readonly instruction: RubricText;
  readonly bodyPlace: Place;
};

const FIRST_LINE = /^\ufeff?---[ \t]*(?=\r?\n)/;
const LAST_LINE = /^---[ \t]*(?:\r?\n|$)/m;
/** `# ja` begins the text in that language. */
const LANGUAGE_LINE = /^#[ \t]+([a-z]{2})[ \t]*$/gm;

/**
 * Takes a file apart. The body is the instruction: a line `# en` or `# ja` begins the text in that
 * language, and what comes before the first such line is English.
 *
 * @throws InputError with file, line and column
 */
export function markdownParts(name: string, text: string): MarkdownParts {
  const opening = FIRST_LINE.exec(text)?.[0].length;
  if (opening === undefined) {
    const wanted = `a line "---", the head in YAML, and a line "---" again`;
    return refuse(name, text, 0, `a rubric in Markdown begins with ${wanted}`);
  }
  const closing = LAST_LINE.exec(text.slice(opening));
  if (closing === null) {
    return refuse(name, text, 0, `the head has no end; close it with a line "---"`);
  }
  const headEnd = opening + closing.index;
  const bodyStart = headEnd + closing[0].length;
  const head = " ".repeat(opening) + text.slice(opening, headEnd);
  const instruction = sections(name, text, bodyStart);
  return { head, instruction, bodyPlace: { from: bodyStart, to: text.length } };
}

function sections(name: string, text: string, bodyStart: number): RubricText {
  const body = text.slice(bodyStart);
  const found: { [language in JudgeLanguage]?: string } = {};
  let language: JudgeLanguage = "en";
  let from = 0;
  const end = (to: number) => {
    const section = body.slice(from, to).trim();
    if (section === "") return;
    if (found[language] !== undefined) {
      refuse(name, text, bodyStart + from, `a second text in "${language}"; one has to go`);
    }
    found[language] = section;
  };
  for (const heading of body.matchAll(LANGUAGE_LINE)) {
    end(heading.index);
    language = languageOf(heading[1], () =>
      refuse(
        name,
        text,
        bodyStart + heading.index,
        `the judge is asked in ${JUDGE_LANGUAGES.join(" and ")}, not in "${heading[1]}"`,
      ),
    );
    from = heading.index + heading[0].length;
  }
  end(body.length);
  return found;
}

function languageOf(word: string | undefined, refused: () => never): JudgeLanguage {
  return JUDGE_LANGUAGES.find((known) => known === word) ?? refused();
}

function refuse(name: string, text: string, at: number, wrong: string): never {
  const { line, column } = lineAndColumn(text, at);
  throw new InputError("rubric", `${name}:${line}:${column}: ${wrong}`, { from: at, to: at });
}
