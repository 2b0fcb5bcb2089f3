// Which addresses may be dialed, and looking a name up without the process's own threads (threats CI-01, CI-02).
import { createSocket } from 'node:dgram'
import t from 'tap'
import { isPublicAddress, resolveAddresses } from '../../../../plugins/oauth/clients/public-address.ts'

const PUBLIC = '93.184.215.14'

t.test(
  'a name whose servers never answer: ended with the timeout, and asked without the threads of the process',
  async (t) => {
    let asked = 0
    const silent = createSocket('udp4', () => {
      asked++
    })
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
    t.teardown(() => {
      silent.close()
    })
    const servers = [`127.0.0.1:${silent.address().port}`]
    const threads = () => process.getActiveResourcesInfo().filter((name) => name === 'GetAddrInfoReqWrap').length
    const looking = Array.from({ length: 20 }, (_, index) =>
      resolveAddresses(`b${index}.example`, AbortSignal.timeout(500), servers)
    )
    t.equal(threads(), 0)
    for (const result of await Promise.allSettled(looking)) t.match(result, { status: 'rejected' })
    t.ok(asked >= 20)
  }
)

t.test('IPv4 is enough where the name servers never answer for IPv6', async (t) => {
  const server = createSocket('udp4', (message, { port, address }) => {
    const end = message.indexOf(0, 12) + 5
    if (message.readUInt16BE(end - 4) !== 1) return
    const head = Buffer.from(message.subarray(0, 12))
    head.writeUInt16BE(0x8180, 2)
    head.writeUInt16BE(1, 6)
    head.writeUInt32BE(0, 8)
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 93, 184, 215, 14])
    server.send(Buffer.concat([head, message.subarray(12, end), answer]), port, address)
  })
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
  })
  t.same(await resolveAddresses('app.example', AbortSignal.timeout(10_000), [`127.0.0.1:${server.address().port}`]), [
    PUBLIC
  ])
})

t.test('only what is assigned as global unicast may be dialed (WB-09)', async (t) => {
  for (const address of ['2606:4700::1111', '93.184.215.14']) t.equal(isPublicAddress(address), true, address)
  for (const address of ['4000::1', '1fff::1', 'fc00::1']) t.equal(isPublicAddress(address), false, address)
})
