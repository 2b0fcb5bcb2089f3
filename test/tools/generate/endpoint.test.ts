// One request to a language model: where it goes, and what of an answer is read.
import t from 'tap'
import { connect } from '../../../tools/generate/endpoint.ts'
import { KEY, endpoint, status } from './endpoint.ts'

const soon = () => AbortSignal.timeout(20_000)

t.test('a request goes to /chat/completions below the address, with or without a slash at its end', async (t) => {
  const { url, asked } = await endpoint(t, 'yes')
  for (const address of [url, `${url}/`]) {
    t.match(await connect(address, KEY)({ model: 'm' }, soon()), { choices: [{ message: { content: 'yes' } }] })
  }
  t.same(asked.map(({ path }) => path), ['/v1/chat/completions', '/v1/chat/completions'])
  t.match(asked[0], { headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }, body: { model: 'm' } })
})

t.test('an answer is read up to a limit, whatever its status, and its connection ends there (TL-02)', async (t) => {
  for (const code of [200, 500]) {
    let sent = 0
    let closed: Promise<void> | undefined
    const { url } = await endpoint(t, (response) => {
      closed = new Promise((resolve) => { response.once('close', resolve) })
      response.writeHead(code)
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) sent += 65_536
      }
      response.on('drain', write)
      write()
    })
    await t.rejects(connect(url)({}, soon()), { name: 'EndpointError', message: 'the answer is longer than 1048576 bytes' })
    await closed
    t.ok(sent < 64 * 1024 * 1024)
  }
})

t.test('an answer that is no completion is an error of its own, with the status of HTTP', async (t) => {
  const refused = await endpoint(t, status(418))
  await t.rejects(connect(refused.url)({}, soon()), { name: 'EndpointError', status: 418 })
  for (const text of ['<html>', 'null', '7']) {
    const { url } = await endpoint(t, (response) => { response.end(text) })
    await t.rejects(connect(url)({}, soon()), { name: 'EndpointError', status: undefined }, text)
  }
})
