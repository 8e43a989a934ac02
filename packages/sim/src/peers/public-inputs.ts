import { Random } from "../random.ts";
import { ScrapedProcess, STEP_S } from "./scraped-series.ts";
import type { ScrapedSeries } from "./scraped-series.ts";

const MINUTE_STEPS: number = 60 / STEP_S;
const HOUR_STEPS = 60 * MINUTE_STEPS;

export const PUBLIC_STEPS: number = 24 * HOUR_STEPS;

/** What a target goes through for a while. */
type Phase = "calm" | "slow" | "failing" | "quiet" | "busy" | "gone" | "flapping";

const PHASES: readonly [Phase, ...Phase[]] = [
  ...(["slow", "failing", "quiet", "busy", "gone", "flapping"] as const),
];

type Target = {
  readonly labels: Readonly<Record<"job" | "instance", string>>;
  /** Puts what one scrape interval brings into its process. */
  readonly work: (process: ScrapedProcess, phase: Phase, random: Random) => void;
};

/** A day of a small site: two services, machines, and two inference servers. */
export function publicInputs(seed: number): readonly ScrapedSeries[] {
  const targets = [
    ...["api-0", "api-1", "api-2"].map((instance) => http("api", instance)),
    ...["web-0", "web-1"].map((instance) => http("web", instance)),
    ...["node-0", "node-1", "node-2"].map(node),
    ...["small", "large"].map(vllm),
  ];
  return targets.flatMap((target) => seriesOf(target, seed));
}

function seriesOf({ labels, work }: Target, seed: number): readonly ScrapedSeries[] {
  const random = new Random(seed, `${labels.job} ${labels.instance}`);
  // Both instances of one service go through the same, so that a whole job fails, too.
  const fate = labels.job === "web" ? new Random(seed, labels.job) : random;
  // `up` is told by who scrapes, whether the target is there or not.
  const scraper = new ScrapedProcess(random);
  const process = new ScrapedProcess(random);
  let phase: Phase = "calm";
  let until = 90 * MINUTE_STEPS;
  for (let step = 0; step < PUBLIC_STEPS; step++) {
    if (step >= until) {
      phase = phase === "calm" ? fate.pick(PHASES) : "calm";
      until = step + MINUTE_STEPS * (phase === "calm" ? 20 + fate.int(80) : 2 + fate.int(40));
      if (random.chance(0.2)) process.restart();
    }
    const isAway = phase === "gone" || (phase === "flapping" && Math.floor(step / 8) % 2 === 1);
    if (isAway) process.miss(step, true);
    else {
      work(process, phase, random);
      process.scrape(step);
    }
    scraper.measure("up", labels, isAway ? 0 : 1);
    scraper.scrape(step);
  }
  return [...process.series, ...scraper.series];
}

const BUCKETS: readonly number[] = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Infinity];

type Observed = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly weight: number;
};

function observe(process: ScrapedProcess, { name, labels, value, weight }: Observed): void {
  for (const bound of BUCKETS) {
    const le = bound === Infinity ? "+Inf" : String(bound);
    process.count(`${name}_bucket`, { ...labels, le }, value <= bound ? weight : 0);
  }
  process.count(`${name}_count`, labels, weight);
  process.count(`${name}_sum`, labels, value * weight);
}

function http(job: string, instance: string): Target {
  const labels = { job, instance };
  return {
    labels,
    work: (process, phase, random) => {
      const requests = phase === "quiet" ? 0 : phase === "busy" ? 12 : 4;
      for (let i = 0; i < requests; i++) {
        // What one request stands for: whole ones would now and then meet a threshold exactly, where
        // the last bit decides, and Prometheus 2.42 adds up without compensation.
        const weight = random.between(1, 1.5);
        const isError = random.chance(phase === "failing" ? 0.35 : 0.002);
        const code = isError ? random.pick(["500", "503"]) : random.chance(0.03) ? "404" : "200";
        const path = random.pick(["/", "/search"]);
        process.count("http_requests_total", { ...labels, path, code }, weight);
        const value = phase === "slow" ? random.between(0.3, 6) : random.between(0.02, 0.4);
        observe(process, { name: "http_request_duration_seconds", labels, value, weight });
      }
    },
  };
}

function node(instance: string): Target {
  const labels = { job: "node", instance };
  let used = 0.4;
  return {
    labels,
    work: (process, phase, random) => {
      const busy = phase === "busy" || phase === "slow" ? random.between(0.92, 0.99) : 0.3;
      for (const cpu of ["0", "1"]) {
        const jitter = random.between(0.97, 1);
        const idle = STEP_S * (1 - busy) * jitter;
        process.count("node_cpu_seconds_total", { ...labels, cpu, mode: "idle" }, idle);
        process.count("node_cpu_seconds_total", { ...labels, cpu, mode: "user" }, STEP_S - idle);
      }
      const total = 16e9;
      const available = phase === "failing" ? random.between(0.03, 0.07) : random.between(0.3, 0.5);
      process.measure("node_memory_MemTotal_bytes", labels, total);
      process.measure("node_memory_MemAvailable_bytes", labels, Math.round(total * available));
      used =
        phase === "busy"
          ? Math.min(0.97, used + random.between(0, 0.01))
          : Math.max(0.4, used - 0.002);
      for (const [device, fstype, share] of [
        ["sda1", "ext4", used],
        ["shm", "tmpfs", 0.95],
      ] as const) {
        const disk = { ...labels, device, fstype };
        process.measure("node_filesystem_size_bytes", disk, 1e12);
        process.measure("node_filesystem_avail_bytes", disk, Math.round(1e12 * (1 - share)));
      }
    },
  };
}

function vllm(model: string): Target {
  const labels = { job: "vllm", instance: `vllm-${model}` };
  const of = { ...labels, model_name: model, engine: "0" };
  let waiting = 0;
  return {
    labels,
    work: (process, phase, random) => {
      const isBusy = phase === "busy" || phase === "slow";
      waiting = isBusy ? waiting + random.int(3) : Math.max(0, waiting - 5);
      process.measure("vllm:num_requests_waiting", of, waiting);
      const cache = isBusy ? random.between(0.88, 0.99) : random.between(0.2, 0.6);
      process.measure("vllm:kv_cache_usage_perc", of, cache);
      const tokens = (model === "large" ? 2000 : 500) * (phase === "quiet" ? 0.2 : 1);
      process.count("vllm:generation_tokens_total", of, tokens * random.between(0.9, 1.1));
      process.count("vllm:num_preemptions_total", of, isBusy ? random.int(3) : 0);
      for (let i = 0; i < 3; i++) {
        const value = isBusy ? random.between(0.5, 6) : random.between(0.06, 0.6);
        const weight = random.between(1, 1.5);
        observe(process, { name: "vllm:time_to_first_token_seconds", labels: of, value, weight });
      }
    },
  };
}
