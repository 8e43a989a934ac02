import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { closeAtOnce, openOnLoopback } from "../loopback.ts";
import type { ScriptedAnswer } from "./provider-stub.ts";

/** What a judge's endpoint does with one request: what its API would answer, and what goes wrong. */
export type JudgeStubAnswer =
  | (ScriptedAnswer & { readonly kind: "whole" | "silent" })
  /** Bytes as they are; `cut` tears the connection after them, `hang` says nothing more. */
  | {
      readonly kind: "raw";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly text: string;
      readonly end: "done" | "cut" | "hang";
    }
  /** Tears the connection without a word. */
  | { readonly kind: "cut" };

export type AskedOfJudge = {
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
};

type Answer = (asked: AskedOfJudge, index: number) => JudgeStubAnswer | Promise<JudgeStubAnswer>;

/** A judge's endpoint on loopback, which answers each request as it is told to. */
export class JudgeStub {
  readonly asked: AskedOfJudge[] = [];
  /** The most requests that were under way at once. */
  mostAtOnce = 0;
  /** Requests that have no answer yet. */
  underWay = 0;
  readonly #answer: Answer;
  readonly #server = createServer((request, response) => {
    this.underWay++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.underWay);
    response.on("close", () => this.underWay--);
    void this.#respond(request, response);
  });

  /** @param answer gets the request, and how many came before it */
  constructor(answer: Answer) {
    this.#answer = answer;
  }

  /** Opens a free port and returns the base of its addresses. */
  start(): Promise<string> {
    return openOnLoopback(this.#server);
  }

  stop(): Promise<void> {
    return closeAtOnce(this.#server);
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = JSON.parse(Buffer.concat(pieces).toString("utf8")) as AskedOfJudge["body"];
    const asked = { path: request.url ?? "", headers: request.headers, body };
    this.asked.push(asked);
    const answer = await this.#answer(asked, this.asked.length - 1);
    switch (answer.kind) {
      case "whole": {
        const headers = { "content-type": "application/json", ...answer.headers };
        response.writeHead(answer.status, headers).end(JSON.stringify(answer.body));
        return;
      }
      case "raw":
        await writeRaw(response, answer);
        return;
      case "cut":
        response.destroy();
        return;
      case "silent":
    }
  }
}

async function writeRaw(
  response: ServerResponse,
  { status, headers, text, end }: JudgeStubAnswer & { readonly kind: "raw" },
): Promise<void> {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  if (end === "done") {
    response.end(text);
    return;
  }
  // What was written has left before the connection is torn.
  response.write(text, () => {
    if (end === "cut") response.destroy();
  });
  await once(response, "close");
}
