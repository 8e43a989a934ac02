import type { TlsOptions } from "node:tls";

/** The texts of a certificate with those that lead to its CA, of its key, and of the clients' CA. */
export type TlsFiles = {
  readonly cert: string;
  readonly key: string;
  /** Absent: clients need no certificate. */
  readonly clientCa?: string;
};

/** What every port takes: TLS 1.2 at least. With a CA, only clients that have a certificate of it. */
export function tlsOptions({ cert, key, clientCa }: TlsFiles): TlsOptions {
  const own = { cert, key, minVersion: "TLSv1.2" } as const;
  if (clientCa === undefined) return own;
  return { ...own, ca: clientCa, requestCert: true, rejectUnauthorized: true };
}
