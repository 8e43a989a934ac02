import { execFileSync } from "node:child_process";
import path from "node:path";

/** Whether this machine can make certificates. */
export function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Makes `NAME.pem` and `NAME.key` in a folder, of an authority of their own. */
export function makeAuthority(folder: string, name: string): void {
  request(folder, name, []);
}

/**
 * Makes `NAME.pem` and `NAME.key`, signed by an authority.
 *
 * @param hosts what it is good for; without it this machine's loopback
 */
export function makeCertificate(
  folder: string,
  name: string,
  authority: string,
  hosts = "IP:127.0.0.1,DNS:localhost",
): void {
  request(folder, name, [
    "-CA",
    path.join(folder, `${authority}.pem`),
    "-CAkey",
    path.join(folder, `${authority}.key`),
    "-addext",
    `subjectAltName=${hosts}`,
    "-addext",
    "basicConstraints=critical,CA:false",
  ]);
}

function request(folder: string, name: string, more: readonly string[]): void {
  const kind = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
  const key = ["-keyout", path.join(folder, `${name}.key`)];
  const certificate = ["-out", path.join(folder, `${name}.pem`)];
  const args = [...kind.split(" "), "-subj", `/CN=${name}`, ...key, ...certificate, ...more];
  execFileSync("openssl", args, { stdio: "pipe" });
}
