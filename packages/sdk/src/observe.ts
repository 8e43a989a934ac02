import { isAnthropic, observeAnthropic } from "./clients/anthropic.ts";
import { isBedrock, observeBedrock } from "./clients/bedrock.ts";
import { isGoogleGenAi, observeGoogleGenAi } from "./clients/google-genai.ts";
import { isOpenAi, observeOpenAi } from "./clients/openai.ts";
import { quietly } from "./faults.ts";

/** A kind of client: how it is told, and what is done to observe it. */
type Kind = {
  readonly is: (client: object) => boolean;
  readonly observe: (client: object) => void;
};

/** In this order: the first kind that a client looks like. */
const KINDS: readonly Kind[] = [
  { is: isOpenAi, observe: observeOpenAi },
  { is: isAnthropic, observe: observeAnthropic },
  { is: isGoogleGenAi, observe: observeGoogleGenAi },
  { is: isBedrock, observe: observeBedrock },
];

/**
 * Observes the calls that a client makes from now on, and returns the same client. Clients of
 * packages that are not known are returned as they are; twice is the same as once.
 *
 * @example const openai = observe(new OpenAI());
 */
export function observe<T extends object>(client: T): T {
  quietly(() => {
    KINDS.find((kind) => kind.is(client))?.observe(client);
  });
  return client;
}
