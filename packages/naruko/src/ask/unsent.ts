/** Where the connection itself failed; an error of a later step names another call. */
const CONNECTING: ReadonlySet<string> = new Set(["connect", "getaddrinfo"]);

/** No connection in time; or TLS that did not come about, so that nothing was told through it. */
const UNCONNECTED = new RegExp(
  [
    "^UND_ERR_CONNECT_TIMEOUT$",
    "^CERT_|_CERT_|_CERT$|_SIGNATURE$|^ERR_TLS_CERT_",
    // A server that speaks no TLS at this port, or no version of it that we speak.
    "^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNSUPPORTED_PROTOCOL)$",
    "^ERR_SSL_.*ALERT_(?:HANDSHAKE_FAILURE|PROTOCOL_VERSION|UNKNOWN_CA|.*CERTIFICATE.*)$",
  ].join("|"),
);

/**
 * Whether a request surely never left: nobody can have charged for it. Where it is not certain, the
 * budget counts the most that it can have cost.
 */
export function isUnsent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // One attempt for each address of the host.
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.every(isUnsent);
  if (error.cause !== undefined) return isUnsent(error.cause);
  const isConnecting = "syscall" in error && CONNECTING.has(String(error.syscall));
  return isConnecting || ("code" in error && UNCONNECTED.test(String(error.code)));
}
