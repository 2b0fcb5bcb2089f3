// What a host may send over TLS, before and around what it answers.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { fetchDocument } from '../../../../plugins/oauth/clients/safe-fetch.ts'
import { folder } from '../../../helpers/tool-context.ts'

const REQUEST = [
  'req -x509 -newkey ec -nodes -days 2 -subj /CN=a.example',
  '-pkeyopt ec_paramgen_curve:P-256',
  '-keyout key.pem -out cert.pem'
].join(' ')

t.test('certificates without an end are not looked at (CL-11)', async (t) => {
  const cwd = await folder(t)
  execFileSync('openssl', REQUEST.split(' '), { cwd, stdio: 'ignore' })
  const key = readFileSync(join(cwd, 'key.pem'))
  const cert = readFileSync(join(cwd, 'cert.pem'), 'utf8')
  const ask = async (certificates: number) => {
    const gone = Promise.withResolvers<void>()
    const server = createServer({ key, cert: cert.repeat(certificates) })
    server.on('connection', (socket) => socket.once('close', gone.resolve))
    t.teardown(() => { server.close() })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const at = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const asked = fetchDocument(new URL(`https://${at}/c`), [at])
    const message = await asked.catch((error: Error) => error.message)
    await gone.promise
    return message
  }
  t.match(await ask(10), 'CERT')
  t.match(await ask(100), 'TOO_MANY_BYTES')
})
