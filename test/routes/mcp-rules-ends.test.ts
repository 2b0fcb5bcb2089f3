// A call under way ends when the rules take away
// what it calls, as it ends with its grant.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { z } from 'zod'
import { defineTool } from '../../authoring/tool.ts'
import {
  about,
  annotations,
  beginSession,
  endSoon,
  person
} from '../helpers/mcp-held.ts'
import { MODERN, modernBody, openStream } from '../helpers/mcp.ts'
import { startServer } from '../helpers/server.ts'
import { folder } from '../helpers/tool-context.ts'
import { until } from '../helpers/until.ts'

t.test('a call ends when the rules take its tool away, in and outside of a session; others go on (ME-04, RU-05)', async (t) => {
  const stopped: string[] = []
  let running = 0
  const tool = (name: string) => defineTool({
    ...about,
    name,
    input: z.object({}),
    annotations,
    async run (_args, { progress, signal }) {
      progress(1)
      running++
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve)
      })
      stopped.push(name)
    }
  })
  const tools = [tool('taken'), tool('kept')]
  const path = join(await folder(t), 'access.json')
  const give = (names: string[]) => {
    const rules = [{ who: ['everyone'], tools: names }]
    return writeFile(path, JSON.stringify({ rules }))
  }
  await give(['taken', 'kept'])
  const { url } = await startServer(t, {
    env: { ACCESS: path },
    offer: { tools }
  })
  const ann = await person(url)
  const session = await beginSession(ann)
  const asked = (name: string) => ({
    name, arguments: {}, _meta: { progressToken: 1 }
  })
  const open = (headers: object, body: unknown) =>
    openStream(url, {
      method: 'POST',
      headers: { ...ann.headers, ...headers },
      body
    })
  const inSession = (name: string) => open(
    { 'mcp-session-id': session },
    { jsonrpc: '2.0', id: 5, method: 'tools/call', params: asked(name) }
  )
  const alone = (name: string) => open({
    'mcp-protocol-version': MODERN,
    'mcp-method': 'tools/call',
    'mcp-name': name
  }, modernBody('tools/call', asked(name)))
  const taken = await Promise.all([inSession('taken'), alone('taken')])
  const kept = await Promise.all([inSession('kept'), alone('kept')])
  const whole = ann.mcp.modern('tools/call', {
    name: 'taken', arguments: {}
  }, { accept: 'application/json' })
  const refused = t.rejects(whole, { cause: { code: 'UND_ERR_SOCKET' } })
  t.ok(await until(() => running === 5))
  await give(['kept'])
  await refused
  await endSoon(t, taken, 'those of the tool that was taken away')
  t.match(taken[0]!.messages().at(-1), {
    id: 5, error: { code: -32602, message: /no tool named "taken"/ }
  })
  t.ok(await until(() => stopped.length === 3))
  t.strictSame(new Set(stopped), new Set(['taken']))
  for (const stream of kept) {
    t.equal(stream.messages().length, 1)
    stream.leave()
  }
})
