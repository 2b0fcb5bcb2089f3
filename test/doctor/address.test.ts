// The address: what is not one, leads nowhere, or does not speak https, is reported.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import t, { type Test } from 'tap'
import { freePort } from '../helpers/ports.ts'
import { folder } from '../helpers/tool-context.ts'
import { until } from '../helpers/until.ts'
import { findings, startBoth } from './examination.ts'

const DOCTOR = join(import.meta.dirname, '../../doctor/index.ts')

t.test('an invalid or unreachable address is reported', async (t) => {
  t.match((await findings('')).faults, [/not the address of a web server/])
  t.match((await findings('ftp://mcp.example.com')).faults, [/not the address of a web server/])
  t.match((await findings('https://mcp.invalid')).faults, [/mcp\.invalid has no address/])
  const unused = await findings(`http://localhost:${await freePort()}`)
  t.match(unused.faults, [/does not answer/])
  t.match(unused.all, /Nothing listens there/)
})

t.test('a port that does not speak https is reported', async (t) => {
  const { url } = await startBoth(t)
  const found = await findings(url.replace('http:', 'https:'))
  t.match(found.faults, [/https connection failed/])
  t.match(found.all, /no https there/)
})

const CERTIFICATE = [
  'req -x509 -newkey ec -nodes -days 90',
  '-subj /CN=localhost',
  '-addext subjectAltName=DNS:localhost',
  '-pkeyopt ec_paramgen_curve:P-256',
  '-keyout key.pem',
  '-out cert.pem'
].join(' ')

/** It ends no connection, and sends without an end. */
async function startEndless (t: Test, cwd: string) {
  const key = readFileSync(join(cwd, 'key.pem'))
  const cert = readFileSync(join(cwd, 'cert.pem'))
  const options = { key, cert, allowHalfOpen: true }
  const server = createServer(options, (socket) => {
    const sending = setInterval(() => socket.write('x'), 200)
    socket.on('error', () => {})
    socket.once('close', () => clearInterval(sending))
    socket.resume()
  })
  t.teardown(() => { server.close() })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

t.test('a server that never ends its connections does not keep the doctor (SG-28)', async (t) => {
  const cwd = await folder(t)
  execFileSync('openssl', CERTIFICATE.split(' '), { cwd, stdio: 'ignore' })
  const port = await startEndless(t, cwd)
  const env = {
    ...process.env,
    NODE_EXTRA_CA_CERTS: join(cwd, 'cert.pem')
  }
  const child = spawn(
    process.execPath,
    [DOCTOR, `https://localhost:${port}`],
    { env, stdio: ['ignore', 'pipe', 'inherit'] }
  )
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => { output += text })
  const hasEnded = () => child.exitCode !== null
  t.ok(await until(hasEnded), 'it ends by itself')
  t.equal(child.exitCode, 1)
  t.match(output, /The certificate is valid, for \d+ more days/)
  t.match(output, /2 passed, 1 to check, 1 failed/)
})
