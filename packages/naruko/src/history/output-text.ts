import type { Delivery, Transition } from "@naruko/core/model/engine-io";
import { formatLabels, NO_LABELS } from "@naruko/core/model/labels";
import type { EpochMs } from "@naruko/core/model/time";
import { namedAlert } from "../scenario/observe.ts";
import { isoTime } from "./output-record.ts";

/** The widest state, `notification` left out: columns stand below each other. */
const STATE_WIDTH = "inactive".length;

/** One change of one alert, for a terminal. */
export function alertText({ at, state, labels, value }: Transition): string {
  return row(at, state, `${formatLabels(namedAlert(labels))}  ${shownNumber(value)}`);
}

/** One message, for a terminal. */
export function notificationText(delivery: Delivery): string {
  const { at, receiver, reason, alerts, groupLabels } = delivery;
  const firing = alerts.filter(({ status }) => status === "firing").length;
  const counts = [`${firing} firing`, `${alerts.length - firing} resolved`];
  const group = groupLabels.key === NO_LABELS.key ? "" : `  ${formatLabels(groupLabels)}`;
  return row(at, "sent", `${receiver}${group}  ${reason}: ${counts.join(", ")}`);
}

function row(at: EpochMs, state: string, text: string): string {
  return `${shownTime(at)}  ${state.padEnd(STATE_WIDTH)}  ${text}`;
}

/** `2026-11-02 10:04:00`, UTC; ticks fall on whole seconds or the milliseconds are shown. */
export function shownTime(at: EpochMs): string {
  return isoTime(at)
    .replace("T", " ")
    .replace(/(?:\.000)?Z$/, "");
}

/** Four digits are enough to see how bad it is. */
function shownNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}
