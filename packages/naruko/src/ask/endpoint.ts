import type { JudgeSetup } from "@naruko/core/model/judge";
import type { Secret } from "@naruko/core/notify/secret";

/** Where the judge is asked, and as whom. */
export type Endpoint = {
  readonly provider: JudgeSetup["provider"];
  /** With the API's path, as its clients want it: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Absent where the endpoint asks for none, or for one in a header of its own. */
  readonly apiKey?: Secret;
  readonly headers: Readonly<Record<string, Secret>>;
  readonly query: Readonly<Record<string, Secret>>;
};

/** What clients are given where there is no key, so that they do not look for one; it is not sent. */
export const NO_KEY = "none";

/** How an endpoint is called in messages: its address may hold more. */
export function hostOf({ baseUrl }: Pick<Endpoint, "baseUrl">): string {
  return new URL(baseUrl).host;
}

export function revealed(values: Readonly<Record<string, Secret>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.reveal()]));
}
