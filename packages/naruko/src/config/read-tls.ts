import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createSecureContext } from "node:tls";
import { InputError } from "@naruko/core/model/input-error";
import type { TlsFiles } from "../listen/tls-options.ts";
import { tlsOptions } from "../listen/tls-options.ts";
import type { LoadedConfig } from "./config.ts";

/**
 * Reads the files that `tls` names, and checks that they fit together.
 *
 * @returns undefined where the ports are without TLS
 * @throws InputError that names the key, the file, and what is wrong with it
 */
export function readTls({ config, file }: LoadedConfig): TlsFiles | undefined {
  const { tls } = config;
  if (tls === undefined) return undefined;
  const folder = file === undefined ? process.cwd() : path.dirname(file);
  const named = (key: keyof typeof tls, name: string): NamedFile => {
    const full = path.resolve(folder, name);
    return { key: `tls.${key}`, name: full, text: textOf(`tls.${key}`, full) };
  };
  const cert = named("cert_file", tls.cert_file);
  const key = named("key_file", tls.key_file);
  const clientCa = tls.client_ca_file && named("client_ca_file", tls.client_ca_file);
  const certificate = certificateIn(cert);
  if (!certificate.checkPrivateKey(keyIn(key))) {
    throw refused(key, `is not the key of the certificate in ${cert.name}`);
  }
  if (clientCa) certificateIn(clientCa);
  const files = { cert: cert.text, key: key.text, ...(clientCa && { clientCa: clientCa.text }) };
  try {
    createSecureContext(tlsOptions(files));
  } catch (error) {
    throw refused(cert, `and its key are not taken by OpenSSL: ${messageOf(error)}`, error);
  }
  return files;
}

/** What is worth a look before clients say it: a certificate that is of no use at this time. */
export function tlsWarnings(files: TlsFiles | undefined, nowMs: number): readonly string[] {
  if (files === undefined) return [];
  const { validFromDate, validToDate } = new X509Certificate(files.cert);
  if (nowMs > validToDate.getTime()) {
    return [`tls.cert_file: the certificate expired on ${validToDate.toISOString()}`];
  }
  if (nowMs < validFromDate.getTime()) {
    return [`tls.cert_file: the certificate is not valid before ${validFromDate.toISOString()}`];
  }
  return [];
}

type NamedFile = { readonly key: string; readonly name: string; readonly text: string };

function textOf(key: string, name: string): string {
  try {
    return readFileSync(name, "utf8");
  } catch (error) {
    throw refused({ key, name }, `cannot be read: ${messageOf(error)}`, error);
  }
}

/** The first certificate, which is the server's own; those after it lead to its CA. */
function certificateIn(file: NamedFile): X509Certificate {
  try {
    return new X509Certificate(file.text);
  } catch (error) {
    throw refused(file, "is no certificate in PEM (-----BEGIN CERTIFICATE-----)", error);
  }
}

function keyIn(file: NamedFile): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(file.text);
  } catch (error) {
    const form = "is no private key in PEM (-----BEGIN PRIVATE KEY-----), or has a passphrase";
    throw refused(file, form, error);
  }
}

function refused(
  { key, name }: Pick<NamedFile, "key" | "name">,
  what: string,
  cause?: unknown,
): InputError {
  return new InputError("config", `${key}: ${name} ${what}`, undefined, cause);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
