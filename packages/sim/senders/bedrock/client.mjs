// AWS' client of Bedrock, for programs in other folders: this copy of it, which `cases.mjs` has too.
import { BedrockRuntime, BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";

export { BedrockRuntimeClient };

/** What a client is made of, against a server without TLS. */
export function settings(endpoint, options) {
  return {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "none", secretAccessKey: "none" },
    maxAttempts: 1,
    // The client's own handler speaks HTTP/2 alone.
    requestHandler: new NodeHttpHandler(),
    ...options,
  };
}

export function makeClient(endpoint, options) {
  return new BedrockRuntime(settings(endpoint, options));
}
