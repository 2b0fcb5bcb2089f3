// A person of a running server with an app that they allowed, without the pages of a sign-in.
import { createHash, randomUUID } from 'node:crypto'
import { lastingUsers } from './users.ts'
import { allowed } from './grant.ts'
import { mcpClient, type McpClient } from './mcp.ts'
import type { TestServer } from './server.ts'

export interface TestPerson extends McpClient {
  id: string
  token: string
}

export interface PersonOptions {
  /** Whether it is proven that they read the mailbox. */
  emailVerified?: boolean
  scopes?: string[]
  /** Names of tools that the app does not get. */
  without?: string[]
}

export async function person (
  { app, config, url }: TestServer,
  email: string,
  { emailVerified = true, scopes = ['mcp:read', 'mcp:write'], ...grant }: PersonOptions = {}
): Promise<TestPerson> {
  const users = lastingUsers(app)
  const backend = config.backends[0]!.id
  const user = await users.signIn(backend, { subject: email, email, emailVerified })
  const verifier = randomUUID() + randomUUID()
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const resource = config.mcpUrl
  const code = await app.grants.issueCode({
    ...allowed,
    ...grant,
    user: { id: user.id },
    backend,
    scopes,
    resource,
    challenge
  } as never)
  const { accessToken } = await app.grants.redeem(code, () => undefined, { withRefresh: false })
  return { ...mcpClient(url, accessToken), id: user.id, token: accessToken }
}
