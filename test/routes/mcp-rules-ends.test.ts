// A call under way ends when the rules take away
// what it calls, as it ends with its grant.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { z } from 'zod'
import { definePrompt } from '../../authoring/prompt.ts'
import { defineResource } from '../../authoring/resource.ts'
import { defineTool } from '../../authoring/tool.ts'
import {
  about,
  annotations,
  beginSession,
  endSoon,
  person
} from '../helpers/mcp-held.ts'
import { MODERN, modernBody, openStream } from '../helpers/mcp.ts'
import { post } from '../helpers/oauth.ts'
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

t.test('what completes an argument ends when the rules take its prompt or its template away; others go on (AC-47)', async (t) => {
  let running = 0
  const never = async (_typed: string, { signal }: { signal: AbortSignal }): Promise<string[]> => {
    running++
    await new Promise((resolve) => { signal.addEventListener('abort', resolve) })
    return ['hidden']
  }
  const prompt = (name: string) => definePrompt({
    ...about,
    name,
    arguments: z.object({ topic: z.string() }),
    complete: { topic: never },
    write: async () => 'x'
  })
  const resource = (name: string) => defineResource({
    ...about,
    name,
    uri: `${name}://{topic}`,
    complete: { topic: never },
    read: async () => 'x'
  })
  const path = join(await folder(t), 'access.json')
  const give = (names: string[]) =>
    writeFile(path, JSON.stringify({ rules: [{ who: ['everyone'], prompts: names, resources: names }] }))
  await give(['taken', 'kept'])
  const { url } = await startServer(t, {
    env: { ACCESS: path },
    offer: { tools: [], prompts: [prompt('taken'), prompt('kept')], resources: [resource('taken'), resource('kept')] }
  })
  const ann = await person(url)
  const session = await beginSession(ann)
  const complete = (ref: object, headers = {}) =>
    ann.mcp.legacy('completion/complete', { ref, argument: { name: 'topic', value: '' } }, headers)
  const both = (name: string) =>
    [complete({ type: 'ref/prompt', name }), complete({ type: 'ref/resource', uri: `${name}://{topic}` })]
  const kept = both('kept').map((answer) => answer.then(() => 'answered', () => 'ended'))
  const taken = both('taken').map((answer) => t.rejects(answer, { cause: { code: 'UND_ERR_SOCKET' } }))
  const inSession = complete({ type: 'ref/prompt', name: 'taken' }, { 'mcp-session-id': session })
  t.ok(await until(() => running === 5))
  await give(['kept'])
  await Promise.all(taken)
  t.match((await inSession).json.error, { code: -32602, message: 'There is no prompt named "taken" any more: refresh the list' })
  t.equal(await Promise.race([...kept, delay(1_200, 'waiting')]), 'waiting')
  await post(`${url}/revoke`, { ...ann.client, token: ann.refresh })
  t.same(await Promise.all(kept), ['ended', 'ended'])
})
