// An application that asks models by AWS' client of Bedrock, observed by `@naruko/sdk`.
import { BedrockRuntime } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { runObserved } from "../run-observed.mjs";
import { CASES } from "./cases.mjs";

await runObserved(
  CASES,
  (endpoint, options) =>
    new BedrockRuntime({
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "none", secretAccessKey: "none" },
      maxAttempts: 1,
      // The client's own handler speaks HTTP/2 alone.
      requestHandler: new NodeHttpHandler(),
      ...options,
    }),
);
