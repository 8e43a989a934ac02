import type { Engine } from "@naruko/core/engine/engine";
import type { Authorization } from "@naruko/core/notify/routing";
import type { Ask, JudgeAnswer } from "@naruko/core/model/judge";
import { Secret } from "@naruko/core/notify/secret";
import { JudgeEndpoint, type JudgeEndpointPorts } from "../ask/judge-endpoint.ts";
import { redaction, type Redaction } from "../config/capture.ts";
import type { Config } from "../config/config.ts";
import { judgeEndpointOf } from "../config/judge-setup.ts";
import { alertmanagerName } from "../config/setup.ts";
import { postAlerts } from "../deliver/alertmanager.ts";
import { deliver } from "../deliver/deliver.ts";
import type { Senders } from "./live.ts";

export type HttpSendersOptions = {
  readonly engine: Engine;
  /** Of the moment: a reload replaces it. */
  readonly config: () => Config;
  /** Resolves when no configuration is about to replace it. */
  readonly reloaded: () => Promise<unknown>;
  /** Ends what is under way when the process stops. */
  readonly signal: AbortSignal;
  readonly judge: AskerPorts;
};

type AskerPorts = JudgeEndpointPorts & {
  /** Told why the judge gave no verdict, once for each way that it fails in; without text and keys. */
  readonly failed: (detail: string) => void;
};

/** Tells receivers and Alertmanagers, and asks the judge, over HTTP. */
export function httpSenders(options: HttpSendersOptions): Senders {
  const { engine, config, reloaded, signal, judge } = options;
  const asker = new Asker(judge);
  return {
    // A reload is applied before its configuration is in force: what it asks is meant for that one.
    ask: (ask) => reloaded().then(() => asker.ask(ask, config(), signal)),
    deliver: (delivery) => deliver(delivery, engine.alerting.routing, { signal }),
    forward: (name, alerts) => {
      const known = config().alerting.alertmanagers;
      const peer = known.find(({ url }) => alertmanagerName(url) === name);
      if (peer === undefined) {
        const reason = `the configuration has no Alertmanager ${name} any more`;
        return Promise.resolve({ ok: false, retry: false, reason });
      }
      const authorization = authorizationOf(peer);
      const destination = {
        url: peer.url,
        timeoutMs: 0,
        ...(authorization === undefined ? {} : { authorization }),
      };
      return postAlerts(alerts, destination, { signal });
    },
  };
}

/** Ways of failing that are told of one configuration: some endpoints name every request anew. */
const FAILURES_TOLD_MAX = 20;

/** The judge's endpoint, which remembers what it refused as long as it is the same. */
class Asker {
  readonly #ports: AskerPorts;
  readonly #told = new Set<string>();
  #config: Config | undefined;
  #endpoint: JudgeEndpoint | undefined;
  #redact: Redaction["answer"] = (answer) => answer;

  constructor(ports: AskerPorts) {
    this.#ports = ports;
  }

  async ask(ask: Ask, config: Config, signal: AbortSignal): Promise<JudgeAnswer> {
    const { judge } = config;
    if (judge === undefined || !isAsked(judge.endpoint, ask)) {
      const usage = { inputTokens: 0, outputTokens: 0 };
      const detail = `the configuration has no judge ${ask.model} any more`;
      return { ok: false, reason: "reloaded", retry: false, usage, detail };
    }
    if (this.#endpoint === undefined || this.#config !== config) {
      this.#config = config;
      this.#endpoint = new JudgeEndpoint(judgeEndpointOf(judge), this.#ports);
      this.#redact = redaction(config).answer;
      this.#told.clear();
    }
    const answer = this.#redact(await this.#endpoint.ask(ask, signal));
    if (!answer.ok && answer.reason !== "interrupted") this.#tell(answer.detail);
    return answer;
  }

  #tell(detail: string): void {
    if (this.#told.has(detail) || this.#told.size >= FAILURES_TOLD_MAX) return;
    this.#told.add(detail);
    this.#ports.failed(detail);
  }
}

function isAsked(endpoint: NonNullable<Config["judge"]>["endpoint"], ask: Ask): boolean {
  const { provider, model, second_model } = endpoint;
  return provider === ask.provider && (ask.model === model || ask.model === second_model);
}

function authorizationOf(
  peer: Config["alerting"]["alertmanagers"][number],
): Authorization | undefined {
  if (peer.bearer_token !== undefined) {
    return { kind: "header", secret: new Secret(`Bearer ${peer.bearer_token}`) };
  }
  if (peer.basic_auth === undefined) return undefined;
  const { username, password } = peer.basic_auth;
  return { kind: "basic", secret: new Secret(`${username}:${password}`) };
}
