import { keepLabels, formatLabels, type Labels } from "../model/labels.ts";
import type { Route } from "./routing.ts";

/**
 * The routes that take an alert, found as Alertmanager finds them: depth first, the first matching
 * child of a node wins unless it `continues`, and a node whose children all refuse takes the alert
 * itself. The root matches everything, so the result of a whole tree is never empty.
 */
export function matchRoutes(route: Route, labels: Labels): readonly Route[] {
  if (!route.matches(labels)) return [];
  const taken: Route[] = [];
  for (const child of route.routes) {
    const below = matchRoutes(child, labels);
    taken.push(...below);
    if (below.length > 0 && !child.continues) break;
  }
  return taken.length > 0 ? taken : [route];
}

/** The labels that an alert shares with the others of its group on this route. */
export function groupLabelsOf(route: Route, labels: Labels): Labels {
  const { groupBy } = route;
  return groupBy === "all" ? labels : keepLabels(labels, (name) => groupBy.includes(name));
}

/** What Alertmanager calls a group: `{}/{severity="page"}:{alertname="Slow"}`. Not always unique. */
export function groupKeyOf(route: Route, groupLabels: Labels): string {
  return `${route.key}:${formatLabels(groupLabels)}`;
}

/** A route and all routes below it. */
export function routesBelow(route: Route): readonly Route[] {
  return [route, ...route.routes.flatMap(routesBelow)];
}
