import { createHash } from "node:crypto";
import type { Engine } from "@naruko/core/engine/engine";
import { formatFloat } from "@naruko/core/model/go-float";
import { labelsToRecord } from "@naruko/core/model/labels";
import type { Limits } from "@naruko/core/model/limits";
import { SECOND_MS } from "@naruko/core/model/time";
import type { AlertView, GroupView, RuleView } from "@naruko/core/rules/rule-views";
import { goTime } from "../deliver/go-time.ts";
import { ApiError, countParam, flagParam } from "./api-params.ts";
import { matcherSets, matchesAny } from "./api-selectors.ts";

/** What `/api/v1/rules` answers; filters and pages as Prometheus documents them. */
export function apiRules(engine: Engine, params: URLSearchParams, limits: Limits): object {
  const type = (params.get("type") ?? "").toLowerCase();
  const isSelected = matchesAny(matcherSets(params, limits));
  if (!["", "alert", "record"].includes(type)) {
    throw new ApiError("bad_data", `invalid parameter "type": not supported value "${type}"`);
  }
  const withAlerts = !flagParam(params, "exclude_alerts");
  const isAsked = (rule: RuleView): boolean =>
    (type === "" || rule.kind === type) &&
    isOneOf(params, "rule_name[]", rule.name) &&
    isSelected(rule.labels);
  const all = engine.alerting.rulesView();
  const { size, token } = pageParams(params);
  const from = token === "" ? 0 : all.findIndex((group) => tokenOf(group) === token);
  if (from < 0) {
    const what = `no group has the token "${token}"; were the rules changed?`;
    throw new ApiError("bad_data", `invalid parameter "group_next_token": ${what}`);
  }
  const groups = all
    .slice(from)
    .filter(
      ({ name, file }) => isOneOf(params, "rule_group[]", name) && isOneOf(params, "file[]", file),
    )
    .map((group) => ({ group, rules: group.rules.filter(isAsked) }))
    .filter(({ rules }) => rules.length > 0);
  const next = groups[size]?.group;
  return {
    groups: groups.slice(0, size).map(({ group, rules }) => apiGroup(group, rules, withAlerts)),
    ...(next === undefined ? {} : { groupNextToken: tokenOf(next) }),
  };
}

/** Which page of the groups is asked for: how many, and the token of the first. */
function pageParams(params: URLSearchParams): { readonly size: number; readonly token: string } {
  const size = countParam(params, "group_limit");
  const token = params.get("group_next_token") ?? "";
  if (size === undefined && token !== "") {
    const what = "group_limit needs to be present in order to paginate over the groups";
    throw new ApiError("bad_data", `invalid parameter "group_next_token": ${what}`);
  }
  if (size !== undefined && size <= 0) {
    const what = "group_limit needs to be greater than 0";
    throw new ApiError("bad_data", `invalid parameter "group_limit": ${what}`);
  }
  return { size: size ?? Infinity, token };
}

function tokenOf({ file, name }: GroupView): string {
  return createHash("sha256").update(`${file};${name}`).digest("hex");
}

/** What `/api/v1/alerts` answers. */
export function apiAlerts(engine: Engine): object {
  return { alerts: engine.alerting.alertsView().map(apiAlert) };
}

function isOneOf(params: URLSearchParams, name: string, value: string): boolean {
  const wanted = params.getAll(name);
  return wanted.length === 0 || wanted.includes(value);
}

function apiGroup(group: GroupView, rules: readonly RuleView[], withAlerts: boolean): object {
  return {
    name: group.name,
    file: group.file,
    interval: group.intervalMs / SECOND_MS,
    limit: group.limit,
    lastEvaluation: goTime(group.lastEvaluatedAt),
    rules: rules.map((rule) => apiRule(rule, withAlerts)),
  };
}

function apiRule(rule: RuleView, withAlerts: boolean): object {
  const shared = {
    name: rule.name,
    query: rule.query,
    labels: labelsToRecord(rule.labels),
    health: rule.health,
    lastEvaluation: goTime(rule.lastEvaluatedAt),
    ...(rule.lastError === undefined ? {} : { lastError: rule.lastError }),
  };
  if (rule.kind === "record") return { type: "recording", ...shared };
  return {
    type: "alerting",
    state: rule.state,
    ...shared,
    duration: rule.forMs / SECOND_MS,
    keepFiringFor: rule.keepFiringForMs / SECOND_MS,
    annotations: labelsToRecord(rule.annotations),
    alerts: withAlerts ? rule.alerts.map(apiAlert) : [],
  };
}

function apiAlert(alert: AlertView): object {
  return {
    state: alert.state,
    labels: labelsToRecord(alert.labels),
    annotations: labelsToRecord(alert.annotations),
    activeAt: goTime(alert.activeAt),
    value: formatFloat(alert.value, "e", -1),
    ...(alert.keepFiringSince === undefined
      ? {}
      : { keepFiringSince: goTime(alert.keepFiringSince) }),
  };
}
