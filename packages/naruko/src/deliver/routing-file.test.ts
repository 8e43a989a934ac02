import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { labels } from "@naruko/core/model/labels";
import { matchRoutes } from "@naruko/core/notify/route";
import { parseRouting, type ParsedRouting } from "@naruko/core/notify/routing-file";
import type { Routing } from "@naruko/core/notify/routing";
import { parseYaml } from "../config/parse-yaml.ts";

function read(text: string): ParsedRouting {
  return parseRouting(parseYaml("am.yml", text, "routing"));
}

function routingOf(text: string): Routing {
  const { routing, errors } = read(text);
  assert.deepEqual(errors, []);
  assert.ok(routing);
  return routing;
}

/** A file with these lines under the root route, and a receiver `a`. */
const route = (...lines: string[]): string =>
  ["route:", "  receiver: a", ...lines.map((line) => `  ${line}`), "receivers:", "- name: a"].join(
    "\n",
  );

/** A file whose receiver `a` has one webhook with these lines. */
const webhook = (...lines: string[]): string =>
  ["route: {receiver: a}", "receivers:", "- name: a", "  webhook_configs:", "  -"]
    .concat(lines.map((line) => `    ${line}`))
    .join("\n");

const address = "url: http://user:hunter2@hook.example/s3cret";

type Row = {
  readonly text: string;
  /** The errors, without the file's name; none where the file is accepted. */
  readonly errors?: readonly string[];
  readonly warnings?: readonly string[];
  /** What Alertmanager 0.25 does, where it is something else; then the reason is a comment. */
  readonly peer?: "accepts" | "refuses";
};

const rows: readonly Row[] = [
  { text: route() },
  { text: route("group_by: [alertname, service]", "group_wait: 0s", "group_interval: 1m") },
  { text: route("group_by: ['...']") },
  { text: route("group_by: []") },
  { text: route("routes: []", "matchers: []", "match: {}") },
  {
    text: route(
      "routes:",
      "- matchers: ['a=\"b\"', 'c=~\"d|e\"', '{f!=\"g\",h!~i}']",
      "  continue: yes",
    ),
  },
  { text: route("routes:", "- match: {a: b}", "  match_re: {c: d.*}") },
  { text: route("routes:", "- matchers: ['path=~\"/v\\d+\"']") },
  { text: webhook(address, "send_resolved: false", "max_alerts: 5") },
  { text: webhook(address, "http_config:", "  authorization: {credentials: s3cret}") },
  { text: webhook(address, "http_config:", "  basic_auth: {username: u, password: s3cret}") },
  { text: webhook(address, "http_config: {bearer_token: s3cret, follow_redirects: false}") },
  // 0.25 does not know these yet.
  { text: webhook(address, "timeout: 1.5s"), peer: "refuses" },
  { text: route("routes:", "- matchers: ['モデル=\"x\"', '\"a b\"=c']"), peer: "refuses" },

  { text: "", errors: ["1:1: the file is empty; it needs a route and its receivers"] },
  {
    text: "- a",
    errors: [
      "1:1: the routing file must be a map with keys such as global, route, receivers; it is a list",
    ],
  },
  {
    text: "receivers: [{name: a}]",
    errors: ['1:1: there is no route; add "route:" with a receiver'],
  },
  {
    text: "route: {}\nreceivers: [{name: a}]",
    errors: ["1:8: the root route needs a receiver: it takes what no other route does"],
  },
  {
    text: "route: {receiver: b}\nreceivers: [{name: a}]",
    errors: ['1:19: there is no receiver "b"; receivers are: a'],
  },
  {
    text: route("routes:", "- receiver: b"),
    errors: ['4:15: there is no receiver "b"; receivers are: a'],
  },
  {
    text: "route: {receiver: a}\nreceivers:\n- name: a\n- name: a",
    errors: ['4:3: there are two receivers "a"; rename one'],
  },
  {
    text: "route: {receiver: a}\nreceivers: [{name: a}, {}]",
    errors: ["2:24: a receiver needs a name"],
  },
  {
    text: route("matchers: [a=b]"),
    errors: [
      '3:3: the root route takes every alert and cannot have matchers; move it to a route below "routes"',
    ],
  },
  {
    text: route("match: {a: b}"),
    errors: [
      '3:3: the root route takes every alert and cannot have match; move it to a route below "routes"',
    ],
  },
  {
    text: route("active_time_intervals: [x]"),
    errors: [
      '3:3: the root route cannot have active_time_intervals; move it to a route below "routes"',
      '3:27: there is no time interval "x"; time intervals are: none',
    ],
    warnings: ["3:3: active_time_intervals is not served yet: the route is always active"],
  },
  {
    text: route("recevier: a"),
    errors: ['3:3: unknown key "recevier" in the root route; did you mean "receiver"?'],
  },
  {
    text: route("group_wait: 30"),
    errors: ['3:15: group_wait "30" is no duration; write a number with its unit: 30s, 5m, 1h30m'],
  },
  {
    text: route("group_interval: 0s"),
    errors: ["3:19: group_interval cannot be 0; write at least 1s"],
  },
  {
    text: route("repeat_interval: 0"),
    errors: ["3:20: repeat_interval cannot be 0; write at least 1s"],
  },
  { text: route("group_by: [a, b, a]"), errors: ['3:20: group_by has "a" twice'] },
  { text: route("group_by: ['']"), errors: ["3:14: group_by has an empty label name"] },
  {
    text: route("group_by: [a, '...']"),
    errors: [
      "3:13: group_by has '...', which stands for every label, beside other labels; keep one of both",
    ],
  },
  {
    text: route("group_by: alertname"),
    errors: [
      '3:13: group_by must be a list, each entry on a line that begins with "-"; it is a single value',
    ],
  },
  { text: route("continue: perhaps"), errors: ["3:13: continue must be true or false"] },
  {
    text: route("routes:", "- matchers: [severity]"),
    errors: [
      '4:16: bad matcher severity: expected an operator (=, !=, =~ or !~), found the end of the text; write name="value"',
    ],
  },
  {
    text: route("routes:", "- match: {a.b: c}"),
    errors: ['4:18: "a.b" is no label name for match; use matchers for other names'],
  },
  {
    text: route("routes:", "- mute_time_intervals: [night]"),
    errors: ['4:27: there is no time interval "night"; time intervals are: none'],
    warnings: ["4:5: mute_time_intervals is not served yet: the route is always active"],
  },
  {
    text: `${route("routes:", "- mute_time_intervals: [night]")}\ntime_intervals: [{name: night, time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}]}]}]`,
    warnings: ["4:5: mute_time_intervals is not served yet: the route is always active"],
  },
  {
    text: `${route()}\ntime_intervals: [{name: n, time_intervals: [{times: [{start_time: '9', end_time: '10:00'}]}]}]`,
    errors: ['5:67: start_time must be a time of day such as "09:30"'],
  },
  {
    text: `${route()}\ntime_intervals: [{name: n}]\nmute_time_intervals: [{name: n}]`,
    errors: ['5:18: there are two time intervals "n"'],
  },
  {
    text: `${route()}\ninhibit_rules: [{source_matchers: [a=b], target_matchers: [c=d], equal: [e]}]\ntemplates: []`,
    warnings: ["5:1: inhibit_rules is not served yet and has no effect"],
  },
  {
    text: `${route()}\ninhibit_rules: [{source_matchers: [a]}]`,
    errors: [
      '5:36: bad matcher a: expected an operator (=, !=, =~ or !~), found the end of the text; write name="value"',
    ],
    warnings: ["5:1: inhibit_rules is not served yet and has no effect"],
  },
  {
    text: `${route()}\nglobal: {smtp_from: x@example.org, resolve_timeout: 5m}`,
    warnings: ["5:10: smtp_from belongs to a channel that is not served yet"],
  },
  {
    text: "route: {receiver: a}\nreceivers: [{name: a, pagerduty_configs: [{routing_key: s3cret}]}]",
    warnings: ['2:23: pagerduty_configs is not served yet: receiver "a" does not send there'],
  },
  { text: webhook("send_resolved: true"), errors: ["6:5: a webhook needs a url"] },
  {
    text: webhook("url: ftp://s3cret.example"),
    errors: ["6:5: url must be an address that begins with http:// or https://"],
  },
  {
    // Alertmanager fills templates in when it sends.
    text: webhook("url: 'http://x/{{ .GroupLabels.team }}'"),
    errors: ["6:5: templates in a url are not served yet; write the address itself"],
    peer: "accepts",
  },
  {
    // 0.25 does not know url_file; 0.34 does, and the core reads no files.
    text: webhook("url_file: /run/s3cret"),
    errors: ["6:5: url_file is not served yet; use url instead"],
    peer: "refuses",
  },
  {
    text: webhook(address, "max_alerts: -1"),
    errors: ["7:17: max_alerts must be a whole number, 0 for no limit"],
  },
  {
    text: webhook(address, "timeout: soon"),
    errors: ['7:14: timeout "soon" is no duration; write 10s or 1m30s'],
  },
  {
    text: webhook(address, "http_config:", "  bearer_token: s3cret", "  basic_auth: {username: u}"),
    errors: ["9:7: http_config has both bearer_token and basic_auth; keep one"],
  },
  {
    text: webhook(address, "http_config: {authorization: {type: Basic, credentials: s3cret}}"),
    errors: ['7:35: for type "basic" use basic_auth instead'],
  },
  {
    // Alertmanager reads the file when it sends.
    text: webhook(address, "http_config: {authorization: {credentials_file: /run/s3cret}}"),
    errors: ["7:35: credentials_file is not served yet; use credentials instead"],
    peer: "accepts",
  },
  {
    text: webhook(address, "http_config: {bearer_token_file: /run/s3cret}"),
    errors: ["7:19: bearer_token_file is not served yet; use bearer_token instead"],
    peer: "accepts",
  },
  {
    text: webhook(address, "http_config: {basic_auth: {username: u, password_file: /run/s3cret}}"),
    errors: ["7:45: password_file is not served yet; use password instead"],
    peer: "accepts",
  },
  {
    text: webhook(address, "http_config: {proxy_url: 'http://proxy', follow_redirects: true}"),
    warnings: [
      "7:19: proxy_url is not served yet and has no effect",
      "7:46: redirects are not followed: give the address that answers",
    ],
  },
];

const titleOf = (row: Row): string =>
  row.text.replaceAll(/\s*\n\s*/g, " ↵ ").slice(0, 120) || "nothing";

for (const row of rows) {
  test(`${row.errors ? "refused" : "accepted"}: ${titleOf(row)}`, () => {
    const { errors, warnings, routing } = read(row.text);
    assert.deepEqual(
      errors.map((error) => error.message),
      (row.errors ?? []).map((one) => `am.yml:${one}`),
    );
    assert.deepEqual(
      warnings.map((one) => one.message),
      (row.warnings ?? []).map((one) => `am.yml:${one}`),
    );
    assert.equal(routing === undefined, row.errors !== undefined);
    const shown = JSON.stringify([errors, warnings, [...(routing?.receivers.values() ?? [])]]);
    assert.doesNotMatch(shown, /s3cret|hunter2/, "secrets never show");
  });
}

test("a bad regular expression is refused with its label", () => {
  const { errors } = read(route("routes:", "- matchers: ['a=~\"(\"']"));
  assert.match(errors[0]?.message ?? "", /^am\.yml:4:16: bad regular expression for a: /);
});

test("routes inherit what they do not say", () => {
  const { root } = routingOf(
    route(
      "group_by: [b, a]",
      "group_wait: 1s",
      "routes:",
      "- matchers: ['x=\"1\"']",
      "  group_interval: 2s",
      "  routes:",
      "  - matchers: ['y=\"2\"']",
      "    group_by: ['...']",
      "    repeat_interval: 3s",
      "- group_by: []",
    ),
  );
  const [first, second] = root.routes;
  const [nested] = first?.routes ?? [];
  const timingOf = (one = root): readonly unknown[] => [
    one.groupBy,
    one.groupWaitMs,
    one.groupIntervalMs,
    one.repeatIntervalMs,
  ];
  assert.deepEqual(timingOf(), [["a", "b"], 1000, 300_000, 14_400_000]);
  assert.deepEqual(timingOf(first), [["a", "b"], 1000, 2000, 14_400_000]);
  assert.deepEqual(timingOf(nested), ["all", 1000, 2000, 3000]);
  assert.deepEqual(timingOf(second), [[], 1000, 300_000, 14_400_000]);
  assert.equal(nested?.key, '{}/{x="1"}/{y="2"}');
  assert.equal(nested.receiver, "a");
});

test("matchers of every form decide the route", () => {
  const { root } = routingOf(
    [
      "route:",
      "  receiver: rest",
      "  routes:",
      "  - {receiver: classic, match: {a: '1'}, match_re: {b: x|y}}",
      '  - {receiver: modern, matchers: [\'{a="2",b!~"x.*"}\', c!=no]}',
      "receivers: [{name: rest}, {name: classic}, {name: modern}]",
    ].join("\n"),
  );
  const receiverFor = (of: Record<string, string>): readonly string[] =>
    matchRoutes(root, labels(of)).map((one) => one.receiver);
  assert.deepEqual(receiverFor({ a: "1", b: "y" }), ["classic"]);
  assert.deepEqual(receiverFor({ a: "1", b: "yes" }), ["rest"]);
  assert.deepEqual(receiverFor({ a: "2" }), ["modern"]);
  assert.deepEqual(receiverFor({ a: "2", b: "xyz" }), ["rest"]);
  assert.deepEqual(receiverFor({ a: "2", c: "no" }), ["rest"]);
});

test("a webhook has what its file says, its credentials included", () => {
  const own = webhook(
    address,
    "max_alerts: 5",
    "timeout: 1m0.5s",
    "http_config: {basic_auth: {username: u, password: p}}",
  );
  const text = `${own}\n  - url: https://other.example\nglobal: {http_config: {authorization: {credentials: t}}}`;
  const [first, second] = routingOf(text).receivers.get("a")?.integrations ?? [];
  assert.equal(first?.name, "webhook/0");
  assert.equal(first.maxAlerts, 5);
  assert.equal(first.sendResolved, true);
  assert.equal(first.webhook?.url.reveal(), "http://user:hunter2@hook.example/s3cret");
  assert.equal(first.webhook.timeoutMs, 60_500);
  assert.equal(first.webhook.authorization?.kind, "basic");
  assert.equal(first.webhook.authorization.secret.reveal(), "u:p");
  assert.equal(second?.name, "webhook/1");
  assert.equal(second.webhook?.authorization?.secret.reveal(), "Bearer t");
});

test("a receiver that sends nowhere has the integration `none`", () => {
  const { receivers } = routingOf(route());
  assert.deepEqual(
    receivers.get("a")?.integrations.map((one) => one.name),
    ["none"],
  );
});

test("amtool accepts and refuses the same files", (context) => {
  if (spawnSync("amtool", ["--version"]).status !== 0) {
    assert.notEqual(process.env["NARUKO_REQUIRE_PEERS"], "1", "amtool is required and not there");
    context.skip("amtool is not installed");
    return;
  }
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-routing-"));
  try {
    const files = rows.map((row, index) => {
      const file = path.join(folder, `${index}.yml`);
      writeFileSync(file, row.text);
      return file;
    });
    const { stdout } = spawnSync("amtool", ["check-config", ...files], { encoding: "utf8" });
    const verdicts = [...stdout.matchAll(/^Checking '.*?'\s+(SUCCESS|FAILED)/gm)].map(
      ([, verdict]) => verdict,
    );
    assert.equal(verdicts.length, rows.length);
    for (const [index, row] of rows.entries()) {
      const ours = row.errors === undefined ? "accepts" : "refuses";
      const peers = verdicts[index] === "SUCCESS" ? "accepts" : "refuses";
      assert.equal(
        peers,
        row.peer ?? ours,
        `${titleOf(row)}\n${stdout.split("Checking ")[index + 1]}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
