// A real Alertmanager receives, groups and resolves our alerts, and says the same as we would.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import type { Transition } from "@naruko/core/model/engine-io";
import { labels } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { epochMs, type EpochMs } from "@naruko/core/model/time";
import { Forwarder } from "@naruko/core/notify/forward";
import { Notifier } from "@naruko/core/notify/notifier";
import { parseRouting } from "@naruko/core/notify/routing-file";
import { parseYaml } from "../config/parse-yaml.ts";
import { startPeer } from "../testing/start-peer.ts";
import { postAlerts } from "./alertmanager.ts";
import { webhookMessage } from "./webhook.ts";

const PATIENCE_MS = 20_000;
const EXTERNAL_URL = "http://naruko.example";

type Message = {
  readonly status: string;
  readonly groupKey: string;
  readonly alerts: readonly { readonly fingerprint: string; readonly status: string }[];
};

/** What webhooks were told, in order. */
class Inbox {
  private readonly messages: Message[] = [];
  private readonly arrivals = new EventEmitter();

  add(message: Message): void {
    this.messages.push(message);
    this.arrivals.emit("message");
  }

  /** Waits for a message about this group with so many alerts of this status. */
  async waitFor(groupKey: string, status: string, count: number): Promise<Message> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = this.messages.find(
        (one) =>
          one.groupKey === groupKey &&
          one.alerts.filter((alert) => alert.status === status).length === count,
      );
      if (found !== undefined) return found;
      await once(this.arrivals, "message", { signal });
    }
  }
}

/** Listens for webhooks until the test ends. */
async function startInbox(context: TestContext): Promise<{ inbox: Inbox; url: string }> {
  const inbox = new Inbox();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      inbox.add(JSON.parse(Buffer.concat(chunks).toString()) as Message);
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { inbox, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

/** Runs an Alertmanager until the test ends; gives its address. */
async function startAlertmanager(context: TestContext, config: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-alertmanager-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "alertmanager.yml");
  writeFileSync(file, config);
  const args = [
    `--config.file=${file}`,
    `--storage.path=${path.join(folder, "data")}`,
    `--web.external-url=${EXTERNAL_URL}`,
    "--web.route-prefix=/below",
    "--cluster.listen-address=",
  ];
  return startPeer(context, "prometheus-alertmanager", args, "/below");
}

function transition(name: string, state: Transition["state"], at: EpochMs): Transition {
  return {
    at,
    state,
    labels: labels({ alertname: name, service: "チャット", severity: "page" }),
    annotations: labels({ summary: `${name} is "bad"` }),
    value: 1,
    startsAt: at,
    group: "g",
    file: "f",
  };
}

/** Alerts in the order of their fingerprints: the two sides sort by other things. */
function inOrder(message: Message): Message {
  const alerts = message.alerts.toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  return { ...message, alerts };
}

test("a real Alertmanager receives, groups and resolves what is forwarded", async (context) => {
  if (spawnSync("prometheus-alertmanager", ["--version"]).status !== 0) {
    assert.notEqual(process.env["NARUKO_REQUIRE_PEERS"], "1", "Alertmanager is required");
    context.skip("prometheus-alertmanager is not installed");
    return;
  }
  const { inbox, url } = await startInbox(context);
  const config = [
    "route:",
    "  receiver: rest",
    "  routes:",
    "  - {receiver: pager, matchers: ['severity=~\"page|critical\"'], group_by: [service], group_wait: 100ms, group_interval: 500ms}",
    "receivers:",
    "- name: rest",
    "- name: pager",
    `  webhook_configs: [{url: '${url}'}]`,
  ].join("\n");
  const address = await startAlertmanager(context, config);

  const generatorUrl = (): string => `${EXTERNAL_URL}/rule`;
  const { routing } = parseRouting(parseYaml("am.yml", config, "routing"));
  assert.ok(routing);
  const setup = { routing, externalUrl: EXTERNAL_URL, generatorUrl, limits: DEFAULT_LIMITS };
  const notifier = new Notifier(setup);
  const forwarder = new Forwarder({ alertmanagers: ["am"], intervalMs: 15_000, generatorUrl });
  const forward = async (transitions: readonly Transition[], at: EpochMs): Promise<void> => {
    forwarder.take(transitions);
    notifier.take(transitions, at);
    const posts = forwarder.due(at);
    assert.equal(posts.length, 1);
    for (const { key, alerts } of posts) {
      const outcome = await postAlerts(alerts, { url: address, timeoutMs: PATIENCE_MS }, {});
      assert.deepEqual(outcome, { ok: true });
      forwarder.settle(key, outcome);
    }
  };
  /** What we would tell the same webhook, once `group_wait` or `group_interval` is over. */
  const ours = (at: EpochMs): Message => {
    const [delivery] = notifier.due(epochMs(at + 1000));
    assert.ok(delivery);
    notifier.settle(delivery.key, { ok: true });
    return JSON.parse(JSON.stringify(webhookMessage(delivery))) as Message;
  };

  // The other side lives in real time, so that the alerts must, too.
  const firedAt = epochMs(Date.now());
  const groupKey = '{}/{severity=~"page|critical"}:{service="チャット"}';
  await forward(
    ["A", "B"].map((name) => transition(name, "firing", firedAt)),
    firedAt,
  );
  const firing = await inbox.waitFor(groupKey, "firing", 2);
  assert.deepEqual(inOrder(firing), inOrder(ours(firedAt)));

  const endedAt = epochMs(Date.now());
  await forward(
    ["A", "B"].map((name) => transition(name, "resolved", endedAt)),
    endedAt,
  );
  const resolved = await inbox.waitFor(groupKey, "resolved", 2);
  assert.equal(resolved.status, "resolved");
  assert.deepEqual(inOrder(resolved), inOrder(ours(epochMs(endedAt + 1000))));
});
