// What the package exports, and its types, as the compiler of an author's project sees them. test/packaging/tarball.test.ts puts
// this file into a project that has the packed package, and compiles it there; here it would find no package.
import * as server from '@mcp-oauth-server/server'
import { defineTool, definePrompt, defineResource, defineSource, form, ToolError, z } from '@mcp-oauth-server/server'
import type { LibrarySource, Prompt, Resource, Tool, ToolContext, ToolUser } from '@mcp-oauth-server/server'
import * as backends from '@mcp-oauth-server/server/backends'
import type { AuthBackend, BackendModule, SignInAnswer } from '@mcp-oauth-server/server/backends'
import mcpOAuth, { type McpOAuthOptions } from '@mcp-oauth-server/server/fastify'
import manifest from '@mcp-oauth-server/server/package.json' with { type: 'json' }
import * as testing from '@mcp-oauth-server/server/testing'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles only where the two are the same type. */
const same = <A, B>(_: Equal<A, B>): void => {}

same<
  keyof typeof server,
  | 'ToolError' | 'audio' | 'definePrompt' | 'defineResource' | 'defineSource' | 'defineTool' | 'embed' | 'form' | 'image'
  | 'isToolError' | 'link' | 'list' | 'openUrl' | 'roots' | 'sample' | 'text' | 'z'
>(true)
same<keyof typeof testing, 'createContext' | 'startServer'>(true)
same<keyof typeof backends, 'BackendUnavailable' | 'parseEmail'>(true)
same<typeof manifest.version, string>(true)
same<Parameters<typeof mcpOAuth>[1], McpOAuthOptions>(true)
same<McpOAuthOptions['publicUrl'], string | URL | undefined>(true)

const input = z.object({ dice: z.number().default(1), note: z.string().optional() })
const output = z.object({ sum: z.number() })
const facts = { name: 'x', title: 'X', description: 'X.', annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false } } as const

const tool = defineTool({
  ...facts,
  scopes: ['mcp:read'],
  input,
  output,
  async run (args, context) {
    same<typeof args, { dice: number; note?: string | undefined }>(true)
    same<typeof context, ToolContext>(true)
    same<typeof context.user, ToolUser | null>(true)
    context.show(server.text('x'), server.image(new Uint8Array(), 'image/png'))
    const { sure } = await context.ask({ sure: form('Sure?', z.object({ really: z.boolean() })) })
    if (sure.action === 'accept') same<typeof sure.content.really, boolean>(true)
    if (args.dice > 6) throw new ToolError('Fewer dice.')
    return { sum: args.dice }
  }
})
same<Parameters<typeof tool.run>[0], { dice: number; note?: string | undefined }>(true)
const general: Tool<typeof input, typeof output> = tool

// @ts-expect-error what a tool returns has the shape of its output
defineTool({ ...facts, scopes: ['mcp:read'], input, output, run: async () => ({ sum: 'many' }) })
// @ts-expect-error a tool says which scope it needs, and there are two
defineTool({ ...facts, scopes: ['admin'], input, output, run: async () => ({ sum: 1 }) })

defineTool({
  ...facts,
  scopes: ['mcp:read'],
  input,
  output,
  env: z.object({ X_URL: z.url() }),
  open: ({ X_URL: url }) => {
    same<typeof url, string>(true)
    return { run: async () => ({ sum: url.length }) }
  }
})

const prompt: Prompt<z.ZodObject<{ tone: z.ZodString }>> = definePrompt({
  name: 'x', title: 'X', description: 'X.', scopes: ['mcp:read'], arguments: z.object({ tone: z.string() }), write: async ({ tone }) => tone
})
same<ReturnType<typeof defineResource>, Resource>(true)
same<ReturnType<typeof defineSource>, LibrarySource>(true)
same<Awaited<ReturnType<typeof testing.startServer>>['url'], string>(true)
same<ReturnType<typeof testing.createContext>['logged'], string[]>(true)

const backend = {
  env: z.object({}),
  open: (): AuthBackend => ({ title: 'X', password: { label: 'Name', verify: async (): Promise<SignInAnswer> => null } })
} satisfies BackendModule

export { backend, general, prompt }
