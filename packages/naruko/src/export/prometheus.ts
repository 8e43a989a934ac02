import path from "node:path";
import { stringify } from "yaml";
import { formatDuration } from "@naruko/core/model/duration";
import type { ExportedFile } from "./exported-file.ts";

export type PrometheusExport = {
  /** As they are loaded here. */
  readonly ruleFiles: readonly { readonly name: string; readonly text: string }[];
  readonly intervalMs: number;
  /** Where this server is reached, `http://127.0.0.1:4320`. */
  readonly url: string;
  /** Whether its port asks for a token. */
  readonly needsToken: boolean;
};

/** What an existing Prometheus needs to evaluate the same rules over the same series. */
export function prometheusFiles(given: PrometheusExport): readonly ExportedFile[] {
  const rules = given.ruleFiles.map(({ name, text }) => ({
    path: `rules/${path.basename(name)}`,
    text,
  }));
  return [
    ...rules,
    { path: "prometheus.yml", text: configuration(given) },
    { path: "README.md", text: guide(given) },
  ];
}

/** A whole configuration: it starts a Prometheus as it is, and its parts fit into another one. */
function configuration({ intervalMs, url, needsToken }: PrometheusExport): string {
  const { protocol, host } = new URL(url);
  const interval = formatDuration(intervalMs);
  const job = {
    job_name: "naruko",
    // The series carry their own labels, as in a federation.
    honor_labels: true,
    scheme: protocol.slice(0, -1),
    metrics_path: "/metrics/naruko",
    ...(needsToken ? { authorization: { credentials_file: "naruko-admin-token" } } : {}),
    static_configs: [{ targets: [host] }],
  };
  return stringify({
    global: { scrape_interval: interval, evaluation_interval: interval },
    rule_files: ["rules/*.yml"],
    scrape_configs: [job],
  });
}

function guide({ url, needsToken }: PrometheusExport): string {
  const token = needsToken
    ? "\nThe server asks for a token: put its `auth.admin_token` into the file `naruko-admin-token`.\n"
    : "";
  return `# Naruko's rules in Prometheus

\`rules/\` holds the rule files that Naruko evaluates, unchanged; \`prometheus.yml\` evaluates them as often.
Check and start:

    promtool check config prometheus.yml
    prometheus --config.file=prometheus.yml

or take \`rule_files\` and the job \`naruko\` over into the configuration that you have. The series come one
of two ways; take one of them, not both:

- **Scraped**, as in \`prometheus.yml\`: ${new URL("/metrics/naruko", url).href} shows what Naruko derives from
  calls and evaluations. What Prometheus was not there to scrape, it does not have.
- **Written**: start Prometheus with \`--web.enable-remote-write-receiver\`, delete the job \`naruko\`, and add
  to naruko.yml

      remote_write:
        - url: http://127.0.0.1:9090/api/v1/write

  Nothing is lost while Prometheus is away for a while, and other series that Naruko holds come too.
${token}
Alerts then fire in both. To be told once, let one of the two notify.
`;
}
