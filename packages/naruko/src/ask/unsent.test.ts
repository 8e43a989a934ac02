import assert from "node:assert/strict";
import test from "node:test";
import { isUnsent } from "./unsent.ts";

const errno = (code: string, syscall?: string): Error =>
  Object.assign(new Error(code), { code, ...(syscall !== undefined && { syscall }) });
const fetchFailed = (cause: unknown): Error => new TypeError("fetch failed", { cause });

const rows: readonly (readonly [what: string, error: unknown, expected: boolean])[] = [
  ["a refused connection", fetchFailed(errno("ECONNREFUSED", "connect")), true],
  ["an unknown host", fetchFailed(errno("ENOTFOUND", "getaddrinfo")), true],
  ["a host that is not reached", fetchFailed(errno("EHOSTUNREACH", "connect")), true],
  ["a connect that takes too long", fetchFailed(errno("UND_ERR_CONNECT_TIMEOUT")), true],
  [
    "each address refused",
    fetchFailed(
      new AggregateError([errno("ECONNREFUSED", "connect"), errno("ENETUNREACH", "connect")]),
    ),
    true,
  ],
  ["an expired certificate", fetchFailed(errno("CERT_HAS_EXPIRED")), true],
  ["a certificate of another name", fetchFailed(errno("ERR_TLS_CERT_ALTNAME_INVALID")), true],
  ["a certificate of nobody", fetchFailed(errno("DEPTH_ZERO_SELF_SIGNED_CERT")), true],
  ["an unknown authority", fetchFailed(errno("UNABLE_TO_VERIFY_LEAF_SIGNATURE")), true],
  ["no TLS at this port", fetchFailed(errno("ERR_SSL_WRONG_VERSION_NUMBER")), true],
  [
    "a refused handshake",
    fetchFailed(errno("ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "write")),
    true,
  ],
  ["an answer that was cut", fetchFailed(errno("ECONNRESET", "read")), false],
  ["a route lost after the request", fetchFailed(errno("EHOSTUNREACH", "read")), false],
  ["a closed socket", fetchFailed(errno("UND_ERR_SOCKET")), false],
  ["no head in time", fetchFailed(errno("UND_ERR_HEADERS_TIMEOUT")), false],
  ["TLS that broke later", fetchFailed(errno("ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC")), false],
  [
    "one address cut after the other was refused",
    fetchFailed(
      new AggregateError([errno("ECONNREFUSED", "connect"), errno("ECONNRESET", "read")]),
    ),
    false,
  ],
  ["an empty group", new AggregateError([]), false],
  ["no error at all", "ECONNREFUSED", false],
];

for (const [what, error, expected] of rows) {
  test(`${what}: ${expected ? "nothing was sent" : "it may have been answered"}`, () => {
    assert.equal(isUnsent(error), expected);
  });
}
