import { spawnSync } from "node:child_process";

/**
 * Why a test that needs a peer is skipped: it is not installed. With `NARUKO_REQUIRE_PEERS=1` it
 * is never skipped, and fails then.
 */
export function skipWithout(program: string): string | false {
  if (process.env["NARUKO_REQUIRE_PEERS"] === "1") return false;
  return spawnSync(program, ["--version"]).status === 0 ? false : `${program} is not installed`;
}
