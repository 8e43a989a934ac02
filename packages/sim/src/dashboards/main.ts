// Writes the shipped dashboards: npm run dashboards
import { writeFileSync } from "node:fs";
import { dashboardText } from "./dashboard-text.ts";
import { overview } from "./overview.ts";

const folder = new URL("../../../../dashboards/", import.meta.url);
writeFileSync(new URL("overview.json", folder), await dashboardText(overview()));
