import assert from "node:assert/strict";
import test from "node:test";
import { byReason, writeExposition } from "./exposition.ts";

test("the text format, with what must be escaped", () => {
  const text = writeExposition([
    {
      name: "naruko_x",
      type: "gauge",
      help: "a\nb\\c",
      samples: [{ value: NaN }, { labels: { a: 'q"\\\n' }, value: -Infinity }, { value: 1e21 }],
    },
    byReason({ name: "naruko_y_total", help: "h" }, [["late", 2]]),
    byReason({ name: "naruko_z_total", help: "h" }, []),
  ]);
  assert.equal(
    text,
    `# HELP naruko_x a\\nb\\\\c
# TYPE naruko_x gauge
naruko_x NaN
naruko_x{a="q\\"\\\\\\n"} -Inf
naruko_x 1e+21
# HELP naruko_y_total h
# TYPE naruko_y_total counter
naruko_y_total{reason="late"} 2
# HELP naruko_z_total h
# TYPE naruko_z_total counter
`,
  );
});
