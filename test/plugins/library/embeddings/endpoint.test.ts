// An answer of the embeddings endpoint is bounded by what was asked for, before it is parsed.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { embed } from '../../../../plugins/library/embeddings/endpoint.ts'

const answerOf = (vectors: readonly string[]) =>
  `{"data":[${vectors.map((vector, index) => `{"index":${index},"embedding":[${vector}]}`).join()}]}`

async function ask (t: Test, body: string, count = 1): Promise<Float32Array[]> {
  const server = createServer((_request, response) => response.writeHead(200).end(body)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  const settings = { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, model: 'm', apiKey: undefined }
  try {
    return await embed(settings, Array(count).fill('text'), AbortSignal.timeout(20_000))
  } finally {
    server.closeAllConnections()
  }
}

t.test('the largest vectors are read', async (t) => {
  const vector = Array(8_192).fill('-0.012345678').join()
  const vectors = await ask(t, answerOf(Array(16).fill(vector)), 16)
  t.strictSame(vectors.map(({ length }) => length), Array(16).fill(8_192))
  t.ok(Math.abs(Math.hypot(...vectors[0]!) - 1) < 1e-3)
})

t.test('a vector of millions of numbers, and an answer of megabytes to one text, are refused before they are parsed (BW-12)', async (t) => {
  for (const body of [answerOf(['0,'.repeat(15_000_000) + '0']), answerOf(['0,'.repeat(20_000) + '0']), answerOf([' '.repeat(2 ** 20)])]) {
    await t.rejects(ask(t, body), { message: 'its answer is too long' })
  }
})
