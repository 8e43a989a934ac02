import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { ExportedFile } from "./exported-file.ts";

/** The folder of the dashboards that come with the program: beside the build, or in the checkout. */
function dashboardsFolder(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const built = path.join(here, "..", "dashboards");
  return existsSync(built) ? built : path.join(here, "..", "..", "..", "..", "dashboards");
}

/** Dashboards, and how Grafana is told of them and of this server as a data source. */
export function grafanaFiles(url: string): readonly ExportedFile[] {
  const folder = dashboardsFolder();
  const dashboards = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .map((name) => ({
      path: `dashboards/${name}`,
      text: readFileSync(path.join(folder, name), "utf8"),
    }));
  const source = {
    name: "Naruko",
    uid: "naruko",
    type: "prometheus",
    access: "proxy",
    url,
    jsonData: { httpMethod: "POST", prometheusType: "Prometheus", timeInterval: "15s" },
  };
  const provider = {
    name: "naruko",
    folder: "Naruko",
    type: "file",
    options: { path: "/etc/grafana/dashboards/naruko" },
  };
  return [
    ...dashboards,
    {
      path: "provisioning/datasources/naruko.yml",
      text: stringify({ apiVersion: 1, datasources: [source] }),
    },
    {
      path: "provisioning/dashboards/naruko.yml",
      text: stringify({ apiVersion: 1, providers: [provider] }),
    },
    { path: "README.md", text: guide(url) },
  ];
}

function guide(url: string): string {
  return `# Naruko in Grafana

Import \`dashboards/*.json\` (Dashboards, New, Import) and choose a Prometheus data source: Naruko itself
at ${url}, or a Prometheus that has its series.

To have Grafana set up by files, copy \`provisioning/\` into its provisioning folder
(\`/etc/grafana/provisioning\`) and \`dashboards/\` to \`/etc/grafana/dashboards/naruko\`. Where Naruko asks for
a token, add a header \`Authorization: Bearer …\` to the data source.
`;
}
