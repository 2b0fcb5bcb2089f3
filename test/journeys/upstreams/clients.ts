// The official clients of every era, as people with an app that can be asked something.
import type { Client as ModernClient } from '@modelcontextprotocol/client'
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema, LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { asNewAccount, modern, signInWith, type Dialect } from '../../helpers/sdk-client.ts'

type Result = Record<string, any>

/** What all of them do, in one form. */
export interface Caller {
  client: ModernClient
  /** Lines of log that came. */
  lines: unknown[]
  /** What it was asked, and its answer to that. */
  asked: Result[]
  answer: Result
  call(name: string, args?: object, options?: { onprogress?(progress: object): void; signal?: AbortSignal }): Promise<Result>
  close(): Promise<void>
}

const able = { elicitation: { form: {} } }

interface Era extends Dialect<ModernClient> {
  isModern?: boolean
  isV1?: boolean
}

export const eras: readonly Era[] = [
  { ...modern({ pin: '2026-07-28' }, 'SDK v2, 2026 era', able), isModern: true },
  modern('legacy', 'SDK v2, 2025 era, with a session', able),
  {
    name: 'SDK v1',
    isV1: true,
    async connect (url, keychain) {
      const client = new V1Client({ name: 'journey', version: '1' }, { capabilities: able })
      await client.connect(new V1Transport(new URL(url), { authProvider: keychain.provider }) as never)
      return client as never
    },
    finish: (url, keychain, answer) =>
      new V1Transport(new URL(url), { authProvider: keychain.provider }).finishAuth(answer.get('code')!)
  }
]

/** Signs in through the pages as somebody new. */
export async function join (url: string, era: Era, email: string): Promise<Caller & Awaited<ReturnType<typeof signInWith>>> {
  const signedIn = await signInWith(url, era, asNewAccount(email, email.split('@')[0]))
  const client = await signedIn.connect()
  const caller: Caller = {
    client,
    lines: [],
    asked: [],
    answer: { action: 'accept', content: { name: 'Otter' } },
    call: (name, args = {}, options = {}) => {
      const asked = { name, arguments: args as Record<string, unknown> }
      const meta = era.isModern ? { ...asked, _meta: { 'io.modelcontextprotocol/logLevel': 'info' } } : asked
      return era.isV1 ? (client as unknown as V1Client).callTool(asked, undefined, options) : client.callTool(meta, options)
    },
    close: () => client.close()
  }
  const onAsked = ({ params }: Result) => {
    caller.asked.push(params as Result)
    return caller.answer
  }
  const onLine = ({ params }: Result) => { caller.lines.push((params as Result)['data']) }
  if (era.isV1) {
    const v1 = client as unknown as V1Client
    v1.setRequestHandler(ElicitRequestSchema, onAsked as never)
    v1.setNotificationHandler(LoggingMessageNotificationSchema, onLine)
  } else {
    client.setRequestHandler('elicitation/create', onAsked as never)
    client.setNotificationHandler('notifications/message', onLine)
  }
  if (!era.isModern) await client.setLoggingLevel('info')
  return Object.assign(caller, { ...signedIn })
}
