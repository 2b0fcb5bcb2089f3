// What a request holds while it is open: whoever may not go on is cut off, and nothing of it is kept afterwards.
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import { HttpRequestContext } from '../../../plugins/mcp/request-context.ts'
import type { OpenStream } from '../../../plugins/mcp/streams/contract.ts'
import { isThere } from '../../../plugins/mcp/scope-challenge.ts'

function open (mayGoOn: boolean) {
  const calls = new Set<OpenStream>()
  const raw = new PassThrough()
  const context = new HttpRequestContext(
    { headers: {}, id: '1', ip: '192.0.2.1' } as never,
    { raw } as never,
    { grantId: 'g', user: { id: 'ann' } } as never,
    {
      rights: ALL_RIGHTS,
      signIn: true,
      calls: { add: (call: OpenStream) => calls.add(call), remove: (call: OpenStream) => calls.delete(call) },
      mayGoOn: () => mayGoOn
    } as never
  )
  return { calls, raw, signal: context.signal }
}

t.test('a call is open until its connection is closed, and is told of that', async (t) => {
  const { calls, raw, signal } = open(true)
  t.equal(calls.size, 1)
  const [call] = calls
  call!.onRightsChange!()
  t.notOk(raw.destroyed, 'who may go on goes on')
  raw.destroy()
  await once(raw, 'close')
  t.same([calls.size, signal.aborted], [0, true])
})

t.test('who may not go on when rights change is cut off', async (t) => {
  const { calls, raw, signal } = open(false)
  const [call] = calls
  call!.onRightsChange!()
  await once(raw, 'close')
  t.same([calls.size, signal.aborted], [0, true])
})

t.test('a prompt or a resource that the rules take away is there no more', async (t) => {
  for (const [method, key] of [['prompts/get', 'name'], ['resources/read', 'uri']] as const) {
    const find = (name: string) => name === 'a:b' ? {} : undefined
    const offered = { prompts: { find }, resources: { find } } as never
    const is = (asked: string) => isThere({ method, params: { [key]: asked } } as never, offered, {} as never)
    t.strictSame([is('a:b'), is('a:c')], [true, false])
  }
})
