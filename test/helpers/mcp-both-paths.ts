// The fast path and the handler of the SDK over the same tools, each to be asked by itself.
import { ALL_RIGHTS } from '../../plugins/access-rules/contract.ts'
import type { Test } from 'tap'
import { z } from 'zod'
import { definePrompt } from '../../authoring/prompt.ts'
import { defineResource } from '../../authoring/resource.ts'
import { defineTool, form, text, type Tool, ToolError } from '../../authoring/tool.ts'
import { createFastPath } from '../../plugins/mcp/fast-path.ts'
import { createPrompts } from '../../plugins/mcp/handlers/prompts.ts'
import { createRequestStateCodec } from '../../plugins/mcp/handlers/request-state.ts'
import { createResources } from '../../plugins/mcp/handlers/resources.ts'
import { createToolRegistry } from '../../plugins/mcp/handlers/tools.ts'
import { createRelayed } from '../../plugins/mcp/relay/index.ts'
import { createSdkHandler } from '../../plugins/mcp/sdk/handler.ts'
import { createFactory } from '../../plugins/mcp/sdk/server.ts'
import { createChangeLog } from '../../plugins/mcp/streams/change-log.ts'
import { createLocalEventBus } from '../../plugins/event-bus.ts'
import { createSubscriptions } from '../../plugins/mcp/streams/subscriptions.ts'
import type { Access } from '../../plugins/oauth/grants/contract.ts'
import type { Upstreams } from '../../plugins/upstreams/contract.ts'
import { folder, openHouse } from './tool-context.ts'

const about = {
  title: 'A title',
  description: 'What it does',
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
}

const tools = [
  defineTool({
    ...about,
    name: 'echo',
    scopes: ['mcp:read'],
    input: z.object({ text: z.string().max(50), times: z.number().int().optional() }),
    output: z.object({ text: z.string(), who: z.string() }),
    run: async ({ text, times = 1 }, { user }) => ({ text: text.repeat(times), who: user?.id ?? 'nobody' })
  }),
  defineTool({
    ...about,
    name: 'refuse',
    scopes: ['mcp:read'],
    input: z.object({}),
    output: z.object({}),
    run: async () => {
      throw new ToolError('Try something else.')
    }
  }),
  defineTool({
    ...about,
    name: 'break',
    scopes: ['mcp:read'],
    input: z.object({}),
    output: z.object({ n: z.number() }),
    run: async () => ({ n: 'no number' }) as never
  }),
  defineTool({
    ...about,
    name: 'show',
    scopes: ['mcp:read'],
    input: z.object({}),
    run: async (_args, context) => {
      context.show(text('seen'))
      context.progress(1, 2)
    }
  }),
  defineTool({
    ...about,
    name: 'ask',
    scopes: ['mcp:read'],
    input: z.object({}),
    output: z.object({ can: z.boolean() }),
    run: async (_args, { client, ask }) => {
      if (client.can.form) await ask({ name: form('What is your name?', z.object({ name: z.string() })) })
      return { can: client.can.form }
    }
  }),
  defineTool({
    ...about,
    name: 'open',
    scopes: ['mcp:write'],
    input: z.looseObject({ a: z.unknown().optional() }),
    output: z.looseObject({}),
    run: async (args) => args,
    aliases: ['opened']
  })
] as unknown as Tool[]

export const access: Access = {
  grantId: 'g',
  clientId: 'c',
  user: { id: 'ann' },
  scopes: ['mcp:read', 'mcp:write'],
  resource: 'https://mcp.example.com',
  expiresAt: 4e9,
  clientName: 'App',
  backend: 'local',
  attempt: 'story'
}

export async function openBothPaths (t: Test, upstreams?: Upstreams) {
  const { app } = await openHouse(t, await folder(t))
  const relayed = upstreams && createRelayed(upstreams, { local: false, signIn: true, log: app.log })
  const offered = {
    tools: createToolRegistry(tools, true, { relayed: relayed?.tools }),
    resources: createResources(
      [
        defineResource({
          uri: 'note://{id}',
          name: 'note',
          title: 'Note',
          description: 'A note',
          scopes: ['mcp:read'],
          read: async ({ id }) => id
        })
      ] as never,
      true
    ),
    prompts: createPrompts(
      [
        definePrompt({
          name: 'greet',
          title: 'Greet',
          description: 'Greets',
          scopes: ['mcp:read'],
          arguments: z.object({ who: z.string() }),
          write: async ({ who }) => `Greet ${who}`
        })
      ] as never,
      true
    )
  }
  const services = {
    library: app.library,
    notes: app.notes,
    workers: app.workers,
    timeout: 5_000,
    meter: { take: () => undefined, called () {} },
    onBehalfOf: () => Promise.reject(new Error('nobody acts here')),
    claims: () => Promise.reject(new Error('nobody acts here')),
    stillAllows: () => true,
    groupsOf: ({ groups = [] }: { groups?: readonly string[] }) => groups,
    states: createRequestStateCodec(app.sealing, app.now)
  }
  const serverInfo = { name: 'lanes', title: 'Lanes', version: '1.0.0' }
  const onError = () => {}
  const factory = createFactory({
    ...offered,
    services,
    serverInfo,
    instructions: () => 'Be kind.',
    isPublic: false,
    canChange: () => false,
    onError
  })
  const changes = createChangeLog(createLocalEventBus(), app.storage, app.now, app.log)
  const subscriptions = createSubscriptions(changes, serverInfo, app.now, () => ALL_RIGHTS)
  t.teardown(subscriptions.close)
  const sdk = createSdkHandler({
    factory,
    ...offered,
    services,
    subscriptions,
    sessions: async () => undefined,
    onError
  })
  return {
    sdk,
    fastPath: createFastPath({ tools: offered.tools, services, serverInfo, sdkHandler: sdk }),
    log: app.log
  }
}
