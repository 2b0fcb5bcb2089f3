// What the variables mean: names, defaults that depend on each other, and units, for everything that reads the
// configuration.
import { resolve } from 'node:path'
import { parseEmail } from '../auth-backends/contract.ts'
import { isLoopback } from '../authoring/env.ts'
import { createEndpoints, createPaths } from '../paths.ts'
import type { Variables } from './variables.ts'

/**
 * @returns the public URL of the server, and whether it is this computer: then development
 * defaults apply.
 */
export function addressOf ({ PUBLIC_URL, FLY_APP_NAME, PORT }: Variables): { publicUrl: string; local: boolean } {
  const publicUrl = PUBLIC_URL ?? (FLY_APP_NAME ? `https://${FLY_APP_NAME}.fly.dev` : `http://localhost:${PORT}`)
  return { publicUrl, local: isLoopback(new URL(publicUrl).hostname) }
}

/** Where in its origin the server is: every path, and the URLs of the endpoint. */
export function placeOf ({ MCP_PATH, BASE_PATH }: Variables, publicUrl: string) {
  const endpoints = createEndpoints(publicUrl, MCP_PATH)
  const [{ resource, metadataUrl }] = endpoints
  return {
    paths: createPaths({ mcpPath: MCP_PATH, basePath: BASE_PATH }),
    endpoints,
    /**
     * The URL to paste into a client: the resource that every token is for (RFC 8707 §2).
     */
    mcpUrl: resource,
    /** The metadata document of that resource. */
    metadataUrl,
    /** What `resource` may name, canonical first. */
    resources: endpoints.map(({ resource }) => resource)
  }
}

/** @param folder what relative paths are relative to. */
export const storageSettings = (values: Variables, folder: string) => ({
  dataDir: resolve(folder, values.DATA_DIR),
  redisUrl: values.REDIS_URL,
  secretKeys: values.SECRET_KEY ?? [],
  databaseUrl: values.DATABASE_URL,
  /** `undefined` where there are no documents. */
  docsDir: resolve(folder, values.DOCS_DIR) as string | undefined,
  docsBaseUrl: values.DOCS_BASE_URL,
  /** `undefined` where search uses words alone. */
  embeddings:
    values.EMBEDDINGS_BASE_URL === undefined
      ? undefined
      : {
          baseUrl: values.EMBEDDINGS_BASE_URL,
          model: values.EMBEDDINGS_MODEL!,
          apiKey: values.EMBEDDINGS_API_KEY
        },
  libraryDescription: values.LIBRARY_DESCRIPTION?.trim().replace(/\s+/g, ' ').replace(/[^.!?]$/, '$&.')
})

export const signInSettings = (values: Variables, local: boolean) => ({
  /** `undefined` where this server sends no mail. */
  mail: values.SMTP_URL === undefined ? undefined : { smtpUrl: values.SMTP_URL, from: values.MAIL_FROM! },
  signup: values.SIGNUP ?? (local ? ('open' as const) : ('closed' as const)),
  /**
   * Whether people that a service knows, such as an OpenID provider, need an invitation for their first sign-in: where
   * SIGNUP is set to anything but open.
   */
  newcomersNeedInvitation: values.SIGNUP !== undefined && values.SIGNUP !== 'open',
  /** Addresses and `@domains`, lower case; empty means everyone. */
  allowedEmails: values.ALLOWED_EMAILS.map(parseEmail),
  /** Whoever has shown that they read one of these mailboxes is an owner. */
  ownerEmails: values.OWNER_EMAIL.map(parseEmail),
  /**
   * Whether people may, or must, have a second factor; `required` is for accounts whose
   * password this server stores.
   */
  mfa: values.MFA
})

export const clientSettings = (values: Variables) => ({
  clients: values.CLIENTS,
  /** Whose assertions connect apps for their people. */
  idJagIssuers: values.ID_JAG_ISSUERS,
  /**
   * Private-use redirect URIs that any app may have: exact, or a scheme with its colon.
   */
  allowedRedirectUris: values.ALLOWED_REDIRECT_URIS,
  /** Hosts whose client metadata documents are accepted; empty means every host. */
  clientMetadataHosts: values.CLIENT_METADATA_HOSTS,
  clientMetadataInsecureHosts: values.CLIENT_METADATA_INSECURE_HOSTS
})

export const networkSettings = (values: Variables) => ({
  corsOrigins: values.CORS_ORIGINS,
  trustProxy: values.TRUST_PROXY,
  /**
   * Lower case; `undefined` where the visitor's address is the connection's, or comes through
   * `trustProxy`.
   */
  clientIpHeader:
    values.CLIENT_IP_HEADER ?? (values.FLY_APP_NAME && values.TRUST_PROXY.length === 0 ? 'fly-client-ip' : undefined),
  /** Seconds until a half-sent head, and a half-sent request, is dropped. */
  headersTimeout: values.HEADERS_TIMEOUT,
  requestTimeout: values.REQUEST_TIMEOUT,
  /** The maximum size of a message to the MCP endpoint, in bytes. */
  bodyLimit: values.BODY_LIMIT,
  /** `null` for no limits. */
  rateLimits: values.RATE_LIMITS
})

/** In seconds. */
export const lifetimes = (values: Variables) => ({
  accessTokenTtl: values.ACCESS_TOKEN_TTL,
  refreshTokenTtl: values.REFRESH_TOKEN_TTL,
  /** Counted from the consent; a refresh does not extend it. */
  grantTtl: values.GRANT_TTL,
  authorizationCodeTtl: values.AUTHORIZATION_CODE_TTL,
  refreshGrace: values.REFRESH_GRACE
})

export const operationsSettings = (values: Variables) => ({
  logLevel: values.LOG_LEVEL,
  logFormat: values.LOG_FORMAT ?? (process.stdout.isTTY ? ('readable' as const) : ('json' as const)),
  /** Seconds. */
  shutdownDelay: values.SHUTDOWN_DELAY,
  metricsToken: values.METRICS_TOKEN,
  /** Where traces are sent; `undefined` for no traces. */
  otlp: values.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
    ? undefined
    : {
        endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
        headers: values.OTEL_EXPORTER_OTLP_HEADERS ?? {},
        serviceName: values.OTEL_SERVICE_NAME
      }
})
