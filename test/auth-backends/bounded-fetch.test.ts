// Answers of providers are read up to a limit, whichever library asked (BW-11).
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SupabaseClient } from '@supabase/supabase-js'
import t, { type Test } from 'tap'
import { MAX_PIECES, readAnswer } from '../../authoring/read-answer.ts'
import { AnswerTooLong, boundedFetch, hasTooLongAnswer, limitAnswer, MAX_ANSWER_BYTES } from '../../auth-backends/bounded-fetch.ts'
import { open as openOidcAt, providerFor, signIn } from './oidc/open.ts'
import { open, person } from './supabase/stand-in.ts'

async function serve (t: Test, answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const MUCH = 200 * MAX_ANSWER_BYTES

/** JSON that hardly ends. @param written how much of it the reader has taken. */
function endless (response: ServerResponse, written: { bytes: number }): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write('{"a":"')
  const chunk = Buffer.alloc(256 * 1024, 'x')
  const write = () => {
    while (!response.destroyed && written.bytes < MUCH) {
      written.bytes += chunk.length
      if (!response.write(chunk)) {
        response.once('drain', write)
        return
      }
    }
    response.end('"}')
  }
  write()
}

t.test('an answer within the limit is what it was', async (t) => {
  const url = await serve(t, (response) => response.writeHead(201, 'Made', { 'x-own': '1' }).end('x'.repeat(MAX_ANSWER_BYTES)))
  const answer = await boundedFetch(url)
  const { status, statusText, headers } = answer
  t.strictSame([status, statusText, headers.get('x-own'), answer.url], [201, 'Made', '1', `${url}/`])
  t.equal((await answer.text()).length, MAX_ANSWER_BYTES)
  const empty = await serve(t, (response) => response.writeHead(204).end())
  t.equal((await boundedFetch(empty)).status, 204)
})

t.test('a longer one is not read to its end (BW-11)', async (t) => {
  const written = { bytes: 0 }
  const url = await serve(t, (response) => endless(response, written))
  await t.rejects(boundedFetch(url), new AnswerTooLong(MAX_ANSWER_BYTES))
  t.ok(written.bytes < 32 * MAX_ANSWER_BYTES, `${written.bytes} bytes`)
})

t.test('an OpenID provider whose metadata, keys, tokens or claims never end is unavailable (BW-11)', async (t) => {
  for (const path of ['/.well-known/openid-configuration', '/jwks', '/token', '/me']) {
    const provider = await providerFor(t)
    const written = { bytes: 0 }
    provider.instead.set(path, (_request, response) => endless(response, written))
    await t.rejects(
      signIn(openOidcAt(provider)), { name: 'BackendUnavailable', reason: 'unreadable', message: /too long/ }, path
    )
    t.ok(written.bytes > 0 && written.bytes < 64 * MAX_ANSWER_BYTES, `${path}: ${written.bytes} bytes`)
  }
})

t.test('a Supabase whose answers never end is unavailable (BW-11)', async (t) => {
  const written = { bytes: 0 }
  const url = await serve(t, (response) => endless(response, written))
  await t.rejects(
    open(url).password!.verify(person), { name: 'BackendUnavailable', reason: 'unreadable', message: /read/ }
  )
  t.ok(written.bytes > 0 && written.bytes < 64 * MAX_ANSWER_BYTES, `${written.bytes} bytes`)
})

t.test('what a tool asks of Supabase for a person is read up to a limit, in whatever form (BW-11)', async (t) => {
  const written = { bytes: 0 }
  const url = await serve(t, (response) => endless(response, written))
  const session = JSON.stringify({ access: 'a', refresh: 'r', expiresAt: 4_000_000_000 })
  const client = (await open(url).sessions!.onBehalfOf!.open(session)) as SupabaseClient
  t.match(
    await client.from('things').select(), { data: null, error: { message: /longer than 8388608 bytes/ } }
  )
  await t.rejects(client.storage.from('files').download('x'), { message: /longer than/ })
  t.ok(written.bytes > 0 && written.bytes < 64 * MAX_ANSWER_BYTES, `${written.bytes} bytes`)
})

t.test('an answer in endless pieces is not kept piece by piece (BW-11)', async (t) => {
  const inPieces = (count: number) => {
    const taken = { pieces: 0 }
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      if (taken.pieces === count) return controller.close()
      taken.pieces++
      controller.enqueue(Uint8Array.of(0x78))
    }
    return { taken, answer: new Response(new ReadableStream({ pull })) }
  }
  const most = inPieces(MAX_PIECES)
  t.equal((await readAnswer(most.answer, MAX_ANSWER_BYTES))?.length, MAX_PIECES)
  const endless = inPieces(MAX_ANSWER_BYTES)
  t.equal(await readAnswer(endless.answer, MAX_ANSWER_BYTES), undefined)
  t.ok(endless.taken.pieces < MAX_PIECES + 10, `${endless.taken.pieces}`)
  t.equal((await limitAnswer(inPieces(MAX_PIECES).answer, MAX_ANSWER_BYTES).text()).length, MAX_PIECES)
  const limited = inPieces(MAX_ANSWER_BYTES)
  await t.rejects(limitAnswer(limited.answer, MAX_ANSWER_BYTES).text(), AnswerTooLong)
  t.ok(limited.taken.pieces < MAX_PIECES + 10, `${limited.taken.pieces}`)
})

t.test('a limited answer is what it was, bytes included', async (t) => {
  const bytes = Uint8Array.from({ length: 256 }, (_, n) => n)
  const answer = limitAnswer(new Response(bytes, { status: 206, headers: { 'x-own': '1' } }), 256)
  t.strictSame([answer.status, answer.headers.get('x-own'), await answer.bytes()], [206, '1', bytes])
  t.equal(limitAnswer(new Response(null, { status: 204 }), 1).status, 204)
})

t.test('a fault of a library tells whether an answer was too long, however it is wrapped', async (t) => {
  const long = new AnswerTooLong(1)
  const wrap = (cause: unknown) => new Error('fetch failed', { cause })
  for (const fault of [long, wrap(long), wrap(wrap(long))]) {
    t.equal(hasTooLongAnswer(fault), true)
  }
  for (const fault of [wrap('x'), wrap(undefined), 'x', undefined]) {
    t.equal(hasTooLongAnswer(fault), false)
  }
})
