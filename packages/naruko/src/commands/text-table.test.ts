import assert from "node:assert/strict";
import test from "node:test";
import { textTable } from "./text-table.ts";

test("what senders call themselves steers no terminal and widens no table", () => {
  const table = textTable(
    [
      ["service", "calls"],
      ["\u001b[31mred\u0007\u202e", "1"],
      ["x".repeat(3000), "2"],
    ],
    1,
  );
  const [, red, long] = table.split("\n");
  assert.match(red ?? "", /^\ufffd\[31mred\ufffd\ufffd +1$/);
  assert.equal(long, `${"x".repeat(99)}…      2`);
});
