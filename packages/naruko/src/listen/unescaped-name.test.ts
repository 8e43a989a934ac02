import assert from "node:assert/strict";
import test from "node:test";
import { unescapedName } from "./unescaped-name.ts";

for (const [text, name] of [
  ["up", "up"],
  ["U__http_2e_status", "http.status"],
  ["U__my__label", "my_label"],
  ["U____", "_"],
  ["U___2e_a__b_", "U___2e_a__b_"],
  ["U___2e_a__b", ".a_b"],
  ["U___65e5__672c_", "日本"],
  ["U__a_1f600_", "a😀"],
  ["U__a_d800_", "U__a_d800_"],
  ["U__a_110000_", "U__a_110000_"],
  ["U__a_0000001_", "U__a_0000001_"],
  ["U__a_zz_", "U__a_zz_"],
  ["U__a_", "U__a_"],
  ["U__", ""],
  ["U_a", "U_a"],
] as const) {
  test(`${text} is ${name}`, () => {
    assert.equal(unescapedName(text), name);
  });
}
