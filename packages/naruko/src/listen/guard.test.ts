import assert from "node:assert/strict";
import test from "node:test";
import { guard, isLoopback } from "./guard.ts";

const ask = {
  method: "GET",
  host: "127.0.0.1:4320",
  hosts: 1,
  origin: undefined as string | undefined,
  authorization: undefined as string | undefined,
};

const open: readonly (readonly [
  string,
  Partial<typeof ask> & { host?: string },
  number | undefined,
])[] = [
  ["by address", {}, undefined],
  ["by IPv6 address", { host: "[::1]:4320" }, undefined],
  ["by localhost", { host: "LOCALHOST:1" }, undefined],
  ["by an allowed name", { host: "naruko.example" }, undefined],
  ["by another name", { host: "evil.example:4320" }, 403],
  ["by a name that only starts like one", { host: "localhost.evil.example" }, 403],
  ["by nonsense", { host: "a b" }, 403],
  ["with two hosts, the first of them known", { hosts: 2 }, 403],
  ["by a number that means an address", { host: "2130706433" }, 403],
  ["by a name with a dot at its end", { host: "localhost." }, 403],
  ["with credentials in the host", { host: "x@localhost" }, 403],
  ["a post of no page", { method: "POST" }, undefined],
  ["a post of the own page", { method: "POST", origin: "http://127.0.0.1:4320" }, undefined],
  ["a post of another port's page", { method: "POST", origin: "http://127.0.0.1:8080" }, 403],
  ["a post of another page", { method: "POST", origin: "http://evil.example" }, 403],
  ["a post of a page without origin", { method: "POST", origin: "null" }, 403],
  ["a delete of another page", { method: "DELETE", origin: "http://evil.example" }, 403],
  ["a read of another page, which it cannot see", { origin: "http://evil.example" }, undefined],
];
for (const [name, fields, status] of open) {
  test(name, () => {
    const check = guard(["Naruko.example"], undefined);
    assert.equal(check({ ...ask, ...fields })?.status, status);
  });
}

const tokens: readonly (readonly [string | undefined, number | undefined])[] = [
  ["Bearer s3cret", undefined],
  ["bearer s3cret", undefined],
  [undefined, 401],
  ["Bearer s3cre", 401],
  ["Bearer s3cret2", 401],
  ["Basic s3cret", 401],
  ["Bearer ", 401],
];
for (const [authorization, status] of tokens) {
  test(`with a token set, ${authorization ?? "no header"}`, () => {
    const refusal = guard([], "s3cret")({ ...ask, authorization });
    assert.equal(refusal?.status, status);
    assert.ok(!JSON.stringify(refusal ?? "").includes("s3cret"));
  });
}

test("a long Host is not sent back", () => {
  const refusal = guard([], undefined)({ ...ask, host: "x".repeat(10_000) });
  assert.ok((refusal?.reason.length ?? Infinity) < 200);
});

test("a missing Host is refused", () => {
  assert.equal(guard([], undefined)({ ...ask, host: undefined })?.status, 403);
});

for (const [host, expected] of [
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["::1", true],
  ["localhost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["192.168.0.1", false],
] as const) {
  test(`${host} is ${expected ? "" : "not "}loopback`, () =>
    assert.equal(isLoopback(host), expected));
}
