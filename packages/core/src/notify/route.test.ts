import assert from "node:assert/strict";
import test from "node:test";
import { labels, NO_LABELS } from "../model/labels.ts";
import { compileMatchers } from "../model/matcher.ts";
import { groupKeyOf, groupLabelsOf, matchRoutes } from "./route.ts";
import { DEFAULT_ROUTING, type Route } from "./routing.ts";

function route(id: string, match: Record<string, string>, rest: Partial<Route> = {}): Route {
  const matchers = Object.entries(match).map(([name, value]) => ({
    name,
    op: "=" as const,
    value,
  }));
  const matches = compileMatchers(matchers);
  return { ...DEFAULT_ROUTING.root, id, key: id, receiver: id, matchers, matches, ...rest };
}

const tree = route(
  "root",
  {},
  {
    routes: [
      route("log", { severity: "page" }, { continues: true }),
      route(
        "page",
        { severity: "page" },
        {
          routes: [route("chat", { service: "chat" }), route("chat again", { service: "chat" })],
        },
      ),
      route("no service", { service: "" }, { continues: true }),
      route("warn", { severity: "warning" }),
      route("late", { severity: "page" }),
    ],
  },
);

const cases: readonly (readonly [Record<string, string>, readonly string[]])[] = [
  [{ service: "mail" }, ["root"]],
  [{ service: "mail", severity: "page" }, ["log", "page"]],
  [{ service: "chat", severity: "page" }, ["log", "chat"]],
  [{ service: "chat", severity: "warning" }, ["warn"]],
  [{ severity: "warning" }, ["no service", "warn"]],
  [{}, ["no service"]],
];
for (const [of, taken] of cases) {
  test(`${JSON.stringify(of)} goes to ${taken.join(" and ")}`, () => {
    assert.deepEqual(
      matchRoutes(tree, labels(of)).map((one) => one.id),
      taken,
    );
  });
}

const alert = labels({ alertname: "A", service: "chat" });
const groupings: readonly (readonly [Route["groupBy"], Record<string, string>])[] = [
  [[], {}],
  [["service"], { service: "chat" }],
  [["service", "zone"], { service: "chat" }],
  ["all", { alertname: "A", service: "chat" }],
];
for (const [groupBy, shared] of groupings) {
  test(`grouping by ${String(groupBy)} shares ${JSON.stringify(shared)}`, () => {
    assert.deepEqual(groupLabelsOf(route("r", {}, { groupBy }), alert), labels(shared));
  });
}

test("a group is called after its route and its labels", () => {
  assert.equal(groupKeyOf(route("{}", {}), NO_LABELS), "{}:{}");
  assert.equal(groupKeyOf(route("{}", {}), labels({ a: "1", b: "2" })), '{}:{a="1", b="2"}');
});
