export { type AiSdkTelemetry, aiSdkTelemetry } from "./clients/ai-sdk.ts";
export { type CallContext, withContext } from "./context.ts";
export {
  type Evaluated,
  type EvaluationResult,
  type Feedback,
  recordEvaluation,
  recordFeedback,
} from "./evaluation.ts";
export type { ExportCounts } from "./export/exporter.ts";
export { observe } from "./observe.ts";
export type { Choices, IncludeUsage, Redact } from "./settings.ts";
export { type Running, start, type StartOptions } from "./start.ts";
