/** What an endpoint answered, whole. */
export type Exchange = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
};

/** Bytes of an answer: a verdict has a few thousand, with a model's thoughts some ten thousand. */
const ANSWER_MAX_BYTES = 1024 * 1024;

export class AnswerTooLong extends Error {
  constructor() {
    super(`an answer of more than ${ANSWER_MAX_BYTES} bytes`);
  }
}

/** The client itself refused to make a request, for instance with a header that none can have. */
export class RequestNotMade extends Error {
  constructor(cause?: unknown) {
    super("no request was made", { cause });
  }
}

/**
 * Makes one exchange by a client of somebody else's. The client is handed the `fetch` that it is to
 * use: so it makes the request as its API wants it, and what came back stays ours to read, within a
 * limit, under one deadline for head and body, and without the client's own retries and logs.
 * Redirects are not followed: key and text go only to the address that somebody wrote down.
 *
 * @throws whatever the network does, `AnswerTooLong` and `RequestNotMade`
 */
export async function exchangeBy(
  send: (fetchOnce: typeof fetch) => Promise<unknown>,
  signal: AbortSignal,
): Promise<Exchange> {
  let exchanged: Promise<Exchange> | undefined;
  try {
    await send(async (input, init) => {
      exchanged = exchange(input, { ...init, redirect: "manual", signal });
      await exchanged;
      return new Response("{}", { headers: { "content-type": "application/json" } });
    });
  } catch (error) {
    // What the network did, without what the client made of it.
    if (exchanged === undefined) throw new RequestNotMade(error);
  }
  if (exchanged === undefined) throw new RequestNotMade();
  return exchanged;
}

async function exchange(input: Parameters<typeof fetch>[0], init: RequestInit): Promise<Exchange> {
  const response = await fetch(input, init);
  return {
    status: response.status,
    headers: response.headers,
    text: await textWithin(response),
  };
}

async function textWithin(response: Response): Promise<string> {
  if (response.body === null) return "";
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body) {
    bytes += part.byteLength;
    // Leaving the loop closes the connection.
    if (bytes > ANSWER_MAX_BYTES) throw new AnswerTooLong();
    parts.push(part);
  }
  // Unlike a buffer's own, it leaves out a byte order mark, which some gateways write.
  return new TextDecoder().decode(Buffer.concat(parts, bytes));
}
