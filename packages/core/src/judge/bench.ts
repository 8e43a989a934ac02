import type { Call, CallText } from "../model/call.ts";
import type { Ask, JudgePrice, JudgeSetup } from "../model/judge.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { askFor, promptVersion } from "./prompt.ts";
import type { Question } from "./queue-item.ts";
import { applicability, contentHash, type Rubric } from "./rubric.ts";
import { fractionOf, hexOf, KeyedHash } from "./siphash.ts";

type Request = Omit<Ask, "at"> & {
  /** UTF-16 code units. */
  readonly leftOut: number;
};

/** The judge as it is set up: whom to ask, by which rubrics, and what its verdicts are called. */
export class Bench {
  readonly setup: JudgeSetup;
  readonly #rubrics: ReadonlyMap<string, Rubric>;
  readonly #hash: KeyedHash;
  /** UTF-16 code units put before the judge of each of a call's four texts. */
  readonly #textLength: number;
  /** By rubric: judge, prompt and rubric in one word. Verdicts of two versions are never mixed. */
  readonly versions: ReadonlyMap<string, string>;

  constructor(setup: JudgeSetup, rubrics: readonly Rubric[]) {
    this.setup = setup;
    this.#rubrics = new Map(rubrics.map((rubric) => [rubric.name, rubric]));
    this.#hash = new KeyedHash(setup.key);
    const { provider, model, secondModel, language, maxOutputTokens } = setup;
    const { promptVersion: prompt = promptVersion() } = setup;
    this.#textLength = setup.shownTextLength ?? DEFAULT_LIMITS.shownTextLength;
    const judge = [provider, model, secondModel ?? null, language, maxOutputTokens];
    const shown = [...judge, this.#textLength, prompt];
    this.versions = new Map(
      rubrics.map(({ name, version }) => {
        const hash = contentHash(JSON.stringify([...shown, version]));
        return [name, `${model}/${hash}`];
      }),
    );
  }

  /** The rubrics that a call is to be judged by. */
  rubricsFor({ service }: Call, text: CallText): readonly Rubric[] {
    const without = this.setup.recorded === true ? "no-context" : undefined;
    return [...this.#rubrics.values()].filter((rubric) => {
      const found = applicability(rubric, service, text);
      return found === "applies" || found === without;
    });
  }

  /** The rubrics of these names, in the order of all. */
  rubricsNamed(names: readonly string[]): readonly Rubric[] {
    return [...this.#rubrics.values()].filter(({ name }) => names.includes(name));
  }

  /** The request for a question; `key` is its own. Beside it, how much of the texts it leaves out. */
  request(question: Question<{ readonly text: CallText }>, key: string): Request {
    const { subject, look, rubrics } = question;
    const { setup } = this;
    const asked = askFor(
      subject.text,
      rubrics.flatMap((name) => this.#rubrics.get(name) ?? []),
      {
        language: setup.language,
        look: look === 1 ? "first" : "second",
        boundary: (attempt) => hexOf(this.#hash.hash("boundary", key, String(attempt))),
        textLength: this.#textLength,
      },
    );
    const { provider, maxOutputTokens, timeoutMs } = setup;
    const model = look === 1 ? setup.model : (setup.secondModel ?? setup.model);
    const { system, user, schema, expect, leftOut } = asked;
    const about = question.id;
    return {
      key,
      about,
      provider,
      model,
      system,
      user,
      schema,
      expect,
      maxOutputTokens,
      timeoutMs,
      leftOut,
    };
  }

  priceOf(look: 1 | 2): JudgePrice {
    const { price, secondPrice, secondModel } = this.setup;
    return look === 2 && secondModel !== undefined ? (secondPrice ?? price) : price;
  }

  /** 0 to 1, equal for equal text: who failed together does not come again together. */
  jitter(text: string): number {
    return fractionOf(this.#hash.hash("pause", text));
  }

  /** A word that is not foreseen, for the key of a request. */
  word(text: string): string {
    return hexOf(this.#hash.hash("ask", text));
  }
}
