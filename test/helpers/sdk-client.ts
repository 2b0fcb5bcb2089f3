// The official clients, and the sign-in of a person who has never seen
// this server: from the bare URL through the real
// pages to a connection that works.
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client'
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Browser, type Page } from './browser.ts'
import { signUp } from './oauth.ts'

const CALLBACK = 'http://localhost:8787/callback'
export const PASSWORD = 'eleven quiet otters 42'

/** What a client keeps of its sign-in, as an app would keep it on disk. */
export class Keychain {
  redirectUrl = CALLBACK
  clientMetadata = {
    client_name: 'Journey',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none'
  }

  asked: URL | undefined
  #client: unknown
  kept: { access_token: string; refresh_token?: string; token_type: string; scope?: string } | undefined
  #verifier = ''
  /** Each client library has types of its own for the same shape. */
  get provider (): never {
    return this as never
  }

  clientInformation () {
    return this.#client
  }

  saveClientInformation (client: unknown) {
    this.#client = client
  }

  tokens () {
    return this.kept
  }

  saveTokens (tokens: NonNullable<Keychain['kept']>) {
    this.kept = tokens
  }

  redirectToAuthorization (url: URL) {
    this.asked = url
  }

  saveCodeVerifier (verifier: string) {
    this.#verifier = verifier
  }

  codeVerifier () {
    return this.#verifier
  }
}

/** What the clients of all versions have in common. */
export interface Connected {
  listTools(): Promise<{ tools: Array<{ name: string }> }>
  callTool(call: { name: string; arguments: Record<string, string> }): Promise<Record<string, unknown>>
  close(): Promise<void>
}

export interface Dialect<Client = Connected> {
  name: string
  connect(url: string, keychain: Keychain): Promise<Client>
  finish(url: string, keychain: Keychain, answer: URLSearchParams): Promise<void>
}

/** The SDK of today. */
export const modern = (mode: 'legacy' | { pin: string }, name: string, capabilities = {}): Dialect<ModernClient> => ({
  name,
  async connect (url, keychain) {
    const client = new ModernClient({ name: 'journey', version: '1' }, { versionNegotiation: { mode }, capabilities })
    await client.connect(new ModernTransport(new URL(url), { authProvider: keychain.provider }))
    return client
  },
  finish: (url, keychain, answer) =>
    new ModernTransport(new URL(url), { authProvider: keychain.provider }).finishAuth(answer)
})

/** The SDK of today, in both protocol eras. */
export const v2Dialects = [
  modern({ pin: '2026-07-28' }, 'SDK v2, 2026 era'),
  modern('legacy', 'SDK v2, 2025 era')
] as const
/** In both eras with a way to be told of changes: a client that can be asked back has a session. */
export const toldDialects = [
  v2Dialects[0],
  modern('legacy', 'SDK v2, 2025 era, with a session', { roots: {} })
] as const

/** And the one before it. */
export const dialects: readonly Dialect[] = [
  ...(v2Dialects as unknown as Dialect[]),
  {
    name: 'SDK v1',
    async connect (url, keychain) {
      const client = new V1Client({ name: 'journey', version: '1' })
      await client.connect(new V1Transport(new URL(url), { authProvider: keychain.provider }) as never)
      return client as unknown as Connected
    },
    finish: (url, keychain, answer) =>
      new V1Transport(new URL(url), { authProvider: keychain.provider }).finishAuth(answer.get('code')!)
  }
]

/** Brings the browser from the login page to a signed-in session. */
export type SignIn = (browser: Browser, login: Page) => Promise<Page>

export const asDemo: SignIn = (browser, login) => browser.submit(login, ({ fields }) => fields['backend'] === 'demo')
export const asNewAccount =
  (email: string, name = 'Ann'): SignIn =>
    (browser, login) =>
      signUp(browser, login, { email, password: PASSWORD, name })
export const withPassword =
  (email: string): SignIn =>
    (browser, login) =>
      browser.submit(login, ({ fields }) => 'password' in fields, { email, password: PASSWORD })

/**
 * A stranger's app asks, the person signs in and allows it, and the app gets its tokens.
 * @returns also the pages on the way, for whoever looks at them.
 */
export async function signInWith<Client> (
  url: string,
  dialect: Dialect<Client>,
  signIn: SignIn,
  browser = new Browser()
) {
  const keychain = new Keychain()
  const refusal = await dialect.connect(url, keychain).then(
    () => undefined,
    (error: Error) => error
  )
  // Refused for another reason than the missing sign-in.
  if (keychain.asked === undefined) throw refusal
  const login = await browser.get(keychain.asked.href)
  const consent = await signIn(browser, login)
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  const redirect = browser.left!
  await dialect.finish(url, keychain, redirect.searchParams)
  return { keychain, browser, refusal, login, consent, redirect, connect: () => dialect.connect(url, keychain) }
}
