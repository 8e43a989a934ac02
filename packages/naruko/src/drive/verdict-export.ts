import type { Effect } from "@naruko/core/model/engine-io";
import type { EpochMs } from "@naruko/core/model/time";
import {
  EvaluationExporter,
  type EvaluationExporterPorts,
  type ExportCounts,
} from "../ask/export-evaluations.ts";
import type { LoadedConfig } from "../config/config.ts";
import { folderOf } from "./scraping.ts";

/** How the export of verdicts stands, for `/metrics`. */
export type ExportView = ExportCounts & { readonly waiting: number; readonly isFailing: boolean };

const NOTHING: ExportCounts = { sent: 0, refused: 0, dropped: 0, requests: 0, retries: 0 };

/** Sends the judge's verdicts where the configuration wants them, if anywhere. */
export class VerdictExport {
  readonly #ports: Omit<EvaluationExporterPorts, "folder">;
  #exporter: EvaluationExporter | undefined;
  #lastScoreAt: EpochMs | undefined;
  #config = "";
  /** Of exporters that a reload ended. */
  #before: ExportCounts = NOTHING;

  constructor(ports: Omit<EvaluationExporterPorts, "folder">) {
    this.#ports = ports;
  }

  /** Absent where nothing was ever to be exported. */
  view(): ExportView | undefined {
    const exporter = this.#exporter;
    if (exporter === undefined) {
      if (this.#before === NOTHING) return undefined;
      return { ...this.#before, waiting: 0, isFailing: false };
    }
    const { counts, waiting, fault } = exporter;
    return { ...added(this.#before, counts), waiting, isFailing: fault !== undefined };
  }

  /** When our judge last gave a score, exported or not; absent: not since the start. */
  get lastScoreAt(): EpochMs | undefined {
    return this.#lastScoreAt;
  }

  /** Takes where to from a configuration; what waits for another place is tried once more there. */
  async use(loaded: LoadedConfig): Promise<void> {
    const settings = loaded.config.judge?.export;
    const folder = folderOf(loaded);
    const config = settings === undefined ? "" : JSON.stringify([settings, folder]);
    if (config === this.#config) return;
    const last = this.#exporter;
    this.#config = config;
    this.#exporter = settings && new EvaluationExporter(settings, { ...this.#ports, folder });
    await this.#end(last);
  }

  /** Takes the verdicts of our judge from what is kept: users' own came from somewhere else. */
  take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== "keep") continue;
      const own = effect.telemetry.evaluations.filter(({ judge }) => judge !== undefined);
      if (own.length === 0) continue;
      if (own.some(({ score }) => score !== undefined)) this.#lastScoreAt = effect.at;
      this.#exporter?.add(own);
    }
  }

  /** Tries once more to send what waits. */
  async stop(): Promise<void> {
    const last = this.#exporter;
    this.#exporter = undefined;
    this.#config = "";
    await this.#end(last);
  }

  async #end(exporter: EvaluationExporter | undefined): Promise<void> {
    if (exporter === undefined) return;
    await exporter.stop();
    this.#before = added(this.#before, exporter.counts);
  }
}

function added(one: ExportCounts, other: ExportCounts): ExportCounts {
  return {
    sent: one.sent + other.sent,
    refused: one.refused + other.refused,
    dropped: one.dropped + other.dropped,
    requests: one.requests + other.requests,
    retries: one.retries + other.retries,
  };
}
