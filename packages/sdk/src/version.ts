/** The instrumentation scope of all that is told. */
export const SDK_NAME = "@naruko/sdk";
export const SDK_VERSION = "0.1.0";
