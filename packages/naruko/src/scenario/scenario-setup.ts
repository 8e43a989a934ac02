import path from "node:path";
import { formatDuration } from "@naruko/core/model/duration";
import type { EngineSetup } from "@naruko/core/model/engine-io";
import { InputError } from "@naruko/core/model/input-error";
import { readRoutingFile, readRuleFile } from "../config/setup.ts";
import type { NamedFile, Scenario } from "./scenario.ts";

/** One receiver that is told at once, so that a scenario shows when a person would be woken. */
const DEFAULT_ROUTING = {
  name: "routing (default of scenarios)",
  text: JSON.stringify({
    route: { receiver: "pager", group_wait: "0s" },
    receivers: [{ name: "pager" }],
  }),
};

/**
 * The rules and the routing of a scenario.
 *
 * @param folder where the files that it names are
 * @throws InputError at the directive whose file cannot be read
 */
export function scenarioSetup(scenario: Scenario, folder: string): EngineSetup {
  const { ruleFiles, routing, rules } = scenario;
  const read = <T>(named: NamedFile, reader: (file: string) => T): T => {
    try {
      return reader(path.resolve(folder, named.file));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const { line, column } = named.position;
      throw new InputError(
        "scenario",
        `${scenario.name}:${line}:${column}: ${error.message}`,
        undefined,
        error,
      );
    }
  };
  return {
    ruleFiles: [
      ...ruleFiles.map((named) => read(named, readRuleFile)),
      ...(rules.length === 0 ? [] : [inlineRules(scenario)]),
    ],
    routing: routing === undefined ? DEFAULT_ROUTING : read(routing, readRoutingFile),
    alertmanagers: [],
    externalUrl: "http://127.0.0.1:4320",
    sources: {},
  };
}

/** A rule file in JSON, which is YAML too, with every text quoted as it needs to be. */
function inlineRules({ name, rules }: Scenario): EngineSetup["ruleFiles"][number] {
  const group = {
    name: "scenario",
    rules: rules.map((rule) => ({
      alert: rule.name,
      expr: rule.expr,
      for: formatDuration(rule.forMs),
    })),
  };
  return { name, text: JSON.stringify({ groups: [group] }) };
}
