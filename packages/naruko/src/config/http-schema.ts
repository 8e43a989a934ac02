import { z } from "zod";

/** As whom requests are made, and over which connection; Prometheus' `http_client_config`. */
export type HttpClient = {
  readonly basic_auth?:
    | {
        readonly username: string;
        readonly password?: string | undefined;
        readonly password_file?: string | undefined;
      }
    | undefined;
  readonly authorization?:
    | {
        readonly type: string;
        readonly credentials?: string | undefined;
        readonly credentials_file?: string | undefined;
      }
    | undefined;
  readonly tls_config: {
    readonly ca_file?: string | undefined;
    readonly cert_file?: string | undefined;
    readonly key_file?: string | undefined;
    readonly server_name?: string | undefined;
    readonly insecure_skip_verify: boolean;
  };
  readonly follow_redirects: boolean;
  /** Values and secrets are both sent; secrets are not shown. */
  readonly http_headers: Readonly<
    Record<string, { readonly values: readonly string[]; readonly secrets: readonly string[] }>
  >;
};

const UNQUOTED = 'expected text; a number or true is text in quotes: "1"';

/** A text as Prometheus' files have it. A bare `007` has lost its zeros by the time it is seen here. */
export const plainText: z.ZodString = z.string(UNQUOTED);

const secret = z.string().min(1, "expected a secret, for instance ${NAME} from the environment");
const fileName = z.string().min(1, "expected a file's name");

const basicAuth = z
  .strictObject({
    username: plainText.default(""),
    password: secret.optional(),
    password_file: fileName.optional(),
  })
  .refine(
    ({ password, password_file }) => !(password !== undefined && password_file !== undefined),
    {
      error: "expected password or password_file, not both",
    },
  );

const authorization = z
  .strictObject({
    type: plainText.regex(/^[\x21-\x7e]+$/, "expected a word such as Bearer").default("Bearer"),
    credentials: secret.optional(),
    credentials_file: fileName.optional(),
  })
  .refine(({ type }) => type.toLowerCase() !== "basic", {
    error: "expected another type than Basic: use basic_auth",
    path: ["type"],
  })
  .refine(
    ({ credentials, credentials_file }) =>
      (credentials === undefined) !== (credentials_file === undefined),
    { error: "expected either credentials or credentials_file" },
  );

const tls = z
  .strictObject({
    ca_file: fileName.optional(),
    cert_file: fileName.optional(),
    key_file: fileName.optional(),
    server_name: plainText.optional(),
    insecure_skip_verify: z.boolean("expected true or false").default(false),
  })
  .refine(({ cert_file, key_file }) => (cert_file === undefined) === (key_file === undefined), {
    error: "expected cert_file and key_file together",
  });

/** Names that requests set themselves, as Prometheus reserves them. */
const RESERVED = new Set([
  "authorization",
  "host",
  "content-encoding",
  "content-length",
  "content-type",
  "user-agent",
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "www-authenticate",
  "accept-encoding",
  "x-prometheus-remote-write-version",
  "x-prometheus-scrape-timeout-seconds",
]);

/** The name of a header of the user's own. */
export const headerName: z.ZodString = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "expected the name of a header")
  .refine((name) => !RESERVED.has(name.toLowerCase()), {
    error: "this header is set by the program itself",
  });

/** What a header may carry. */
export const headerValue: z.ZodString = plainText.regex(
  /^[\t\x20-\x7e]*$/,
  "expected printable ASCII characters",
);

const headers = z.record(
  headerName,
  z.strictObject({
    values: z.array(headerValue).default([]),
    secrets: z.array(headerValue).default([]),
  }),
);

/** The keys of `HttpClient`, to be spread into the schema of what has them. */
export const httpClientKeys: {
  readonly [Key in keyof HttpClient]-?: z.ZodType<HttpClient[Key]>;
} = {
  basic_auth: basicAuth.optional(),
  authorization: authorization.optional(),
  tls_config: tls.prefault({}),
  follow_redirects: z.boolean("expected true or false").default(true),
  http_headers: headers.default({}),
};

/** Two ways to say who asks are one too many. */
export function hasOneIdentity(client: Pick<HttpClient, "basic_auth" | "authorization">): boolean {
  return client.basic_auth === undefined || client.authorization === undefined;
}

export const ONE_IDENTITY = "expected basic_auth or authorization, not both";
