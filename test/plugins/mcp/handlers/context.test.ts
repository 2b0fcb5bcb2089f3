// What a tool is given: workers for the share of its caller, and what its client can be asked.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { z } from 'zod'
import { defineTool, form, text } from '../../../../authoring/tool.ts'
import { CallContext, type CallDeps } from '../../../../plugins/mcp/handlers/context.ts'
import type { RunOptions } from '../../../../plugins/workers.ts'
import { open, tool } from '../../../helpers/mcp-authored.ts'
import { mcpClient } from '../../../helpers/mcp.ts'
import { person } from '../../../helpers/person.ts'
import { startServer } from '../../../helpers/server.ts'

const TASK = new URL('../../../helpers/worker-task.ts', import.meta.url)

t.test('whatever a tool passes, its work counts for its caller, signed in or not (WK-03, WK-08)', async (t) => {
  const seen: RunOptions[] = []
  const run = async (_task: URL, _input: unknown, options: RunOptions) => {
    seen.push(options)
  }
  const contextOf = (user: { id: string } | null) =>
    new CallContext(
      {
        access: user && { user },
        caller: user ? user.id : 'address 192.0.2.1',
        services: { workers: { run } },
        timer: { signal: new AbortController().signal }
      } as unknown as CallDeps,
      undefined
    )
  const { runInWorker: work } = contextOf({ id: 'ann' })
  await work(TASK, {})
  await work(TASK, {}, { timeout: 5, person: 'somebody else' } as object)
  await contextOf(null).runInWorker(TASK, {})
  t.same(
    seen.map(({ person, timeout }) => [person, timeout]),
    [
      ['ann', undefined],
      ['ann', 5],
      ['address 192.0.2.1', undefined]
    ]
  )
})

t.test('searches of notes take the turn of their address where nobody signs in (WK-08)', async (t) => {
  const asked: unknown[] = []
  const notes = { of: (...of: unknown[]) => asked.push(of) }
  const deps = { access: null, caller: 'address 192.0.2.1', services: { notes } }
  t.ok(new CallContext(deps as unknown as CallDeps, undefined).notes)
  t.same(asked, [[null, 'address 192.0.2.1']])
})

t.test('of what a tool begins together, nothing that fails unheard ends the server (TL-43)', async (t) => {
  const unheard: unknown[] = []
  const hear = (reason: unknown) => unheard.push(reason)
  process.on('unhandledRejection', hear)
  t.teardown(() => process.off('unhandledRejection', hear))
  const fail = async () => { throw new Error('the client is gone') }
  const services = {
    workers: { run: fail },
    library: { of: () => ({ search: fail, unread: () => 'nothing' }) },
    notes: { of: () => ({ create: fail }) },
    onBehalfOf: fail,
    claims: fail
  }
  const deps = { access: null, rights: {}, caller: 'ann', services, inputs: { ask: fail }, timer: { signal: new AbortController().signal } }
  const context = new CallContext(deps as unknown as CallDeps, undefined)
  const { runInWorker, library, notes, ask, supabase, supabaseClaims } = context
  const begun = [runInWorker(TASK, 1), library.search('x'), notes.create({ text: 'x' }), ask({}), supabase(), supabaseClaims()]
  await new Promise((resolve) => { setTimeout(resolve, 20) })
  t.same(unheard, [])
  for (const work of begun) {
    await t.rejects(work, /the client is gone/, 'whoever waits is told')
  }
  t.equal(library.unread?.(), 'nothing')
})

t.test('notes are those of the person, written only as long as the connection may (MW-03)', async (t) => {
  let may = true
  const asked: Array<[user: object, caller: string, before: () => Promise<void>]> = []
  const notes = { of: (...of: typeof asked[number]) => asked.push(of) }
  const access = { user: { id: 'ann' } }
  const services = { notes, stillAllows: (asked: object) => asked === access && may }
  t.ok(new CallContext({ access, caller: 'ann', services } as unknown as CallDeps, undefined).notes)
  const [[user, caller, before]] = asked as [typeof asked[number]]
  t.same([user, caller], [{ id: 'ann' }, 'ann'])
  await before()
  may = false
  await t.rejects(before(), { name: 'ToolError', message: /has ended/ })
})

t.test(
  'a task that takes the whole time of its call ends as the call does, and is no fault of the server (TL-02)',
  async (t) => {
    const spin = defineTool({
      name: 'spin',
      title: 'Spin',
      description: 'Never ends.',
      input: z.strictObject({}),
      annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
      scopes: ['mcp:read'],
      timeout: 300,
      run: async (_args, { runInWorker: work }) => {
        await work(TASK, { deed: 'spin' })
      }
    })
    const { url } = await startServer(t, { env: { AUTH_BACKEND: 'none' }, tools: [spin] })
    for (let count = 0; count < 3; count++) {
      const { json } = await mcpClient(`${url}/mcp`).modern('tools/call', { name: 'spin', arguments: {} })
      t.match(
        json.result,
        { isError: true, content: [{ text: /did not finish within 0\.3 seconds and was stopped/ }] }
      )
    }
  }
)

t.test(
  'a tool sees what its client can be asked, and a client without a session cannot be asked in the legacy era',
  async (t) => {
    const { modern, legacy } = await open(t, [
      tool('can', ({ client, show }) => show(text(JSON.stringify(client.can)))),
      tool('asks', async ({ ask }) => {
        await ask({ ok: form('Sure?', z.object({ ok: z.boolean() })) })
      })
    ])
    const can = async (capabilities: object) =>
      JSON.parse(
        (await modern('tools/call', { name: 'can', arguments: {} }, {}, capabilities)).json.result.content[0].text
      )
    t.strictSame(await can({}), { form: false, openUrl: false, sample: false, roots: false })
    t.strictSame(
      await can({ elicitation: {}, roots: {} }),
      { form: true, openUrl: false, sample: false, roots: true }
    )
    t.strictSame(await can({ elicitation: { url: {} }, sampling: {} }), {
      form: false,
      openUrl: true,
      sample: true,
      roots: false
    })
    t.match((await legacy('tools/call', { name: 'asks', arguments: {} })).json.result, {
      isError: true,
      content: [{ text: /did not declare the required capability/ }]
    })
  }
)

t.test('a tool is given its caller as they are now, with the groups of the operator and of access.json', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-context-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const ACCESS = join(folder, 'access.json')
  const rules = { groups: { finance: ['@example.com'], staff: ['bob@example.com'] }, rules: [{ who: ['everyone'], tools: ['**'] }] }
  await writeFile(ACCESS, JSON.stringify(rules))
  const whoami = defineTool({
    name: 'whoami',
    title: 'Who am I',
    description: 'Names the caller.',
    input: z.strictObject({}),
    annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
    scopes: ['mcp:read'],
    async run (_args, { user, show }) {
      show(text(JSON.stringify(user)))
      Object.assign(user!, { id: 'somebody else' })
      ;(user!.groups as string[]).push('admins')
    }
  })
  const server = await startServer(t, { env: { ACCESS }, tools: [whoami] })
  const ann = await person(server, 'ann@example.com')
  const told = async () => {
    const { json } = await ann.modern('tools/call', { name: 'whoami', arguments: {} })
    return JSON.parse((json.result as { content: Array<{ text: string }> }).content.at(-1)!.text)
  }
  const { lifecycle } = server.app.signIn
  const about = { id: ann.id, email: 'ann@example.com', emailVerified: true }
  t.same(await told(), { ...about, groups: ['finance'] })
  await lifecycle.changeGroups(ann.id, () => ['crm'])
  t.same(await told(), { ...about, groups: ['crm', 'finance'] }, 'and nothing that a tool did to it stays')
  const { identities } = (await lifecycle.find(ann.id))!
  await lifecycle.changeAddress(
    ann.id,
    { identity: identities[0]!, from: 'ann@example.com' as never, to: 'ann@other.example' as never, verified: true }
  )
  t.same(
    await told(),
    { ...about, email: 'ann@other.example', groups: ['crm'] },
    'an address of before puts nobody in a group'
  )
})
