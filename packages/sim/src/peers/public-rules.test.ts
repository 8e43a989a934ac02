// A rule repository of the public kind, fifty rules over a day, in Prometheus itself and here: the
// same alerts at every evaluation, with the same labels, annotations and times since when.
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { labelValue } from "@naruko/core/model/labels";
import { skipWithout } from "./installed.ts";
import { promtoolComplaints } from "./promtool.ts";
import { publicInputs, PUBLIC_STEPS } from "./public-inputs.ts";
import { evaluateRules } from "./shipped-rules.ts";

const FILE = fileURLToPath(new URL("fixtures/public-rules.yml", import.meta.url));

test("fifty rules over a day fire as in Prometheus", { skip: skipWithout("promtool") }, (t) => {
  const series = publicInputs(Number(process.env["NARUKO_SEED"] ?? 1));
  const ours = evaluateRules({ file: FILE, series, steps: PUBLIC_STEPS, everyS: 60 });
  const fired = new Set<string>();
  for (const { labels, state } of ours.transitions) {
    if (state === "firing") fired.add(labelValue(labels, "alertname"));
  }
  t.diagnostic(
    `${series.length} series, ${ours.transitions.length} changes, fired: ${[...fired].join(" ")}`,
  );
  assert.ok(fired.size > 20, "most rules fire on this day");
  assert.equal(promtoolComplaints(FILE, series, ours), "");
});
