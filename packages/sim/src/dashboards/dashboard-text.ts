import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { format } from "prettier";

/** A dashboard as its file holds it. */
export function dashboardText(dashboard: Dashboard): Promise<string> {
  return format(JSON.stringify(dashboard), { parser: "json", printWidth: 100 });
}
