// A backend of one's own: the worked example of the documentation keeps
// the contract, against a directory that answers
// over HTTP.
import t from 'tap'
import { BackendUnavailable, type AuthBackend } from '../../auth-backends/contract.ts'
import { loadConfig } from '../../config/index.ts'
import { startDirectory, workedExample } from '../helpers/directory.ts'
import { freePort } from '../helpers/ports.ts'
import { backendContract } from './contract.ts'
import { createTestHost } from './host.ts'

const person = { identifier: 'ann@example.com', password: 'Copper kettle on a tram' }
const open = async (env: Record<string, string>): Promise<AuthBackend> =>
  (await loadConfig(env)).backends[0]!.open(createTestHost())

t.test('the example is short, and keeps the contract', async (t) => {
  t.ok((await workedExample()).trim().split('\n').length < 60)
  const directory = await startDirectory(t)
  await backendContract(t, {
    open: () => open(directory.env),
    person,
    secrets: [directory.env['DIRECTORY_KEY']!],
    unreachable: async () => ({
      backend: await open({ ...directory.env, DIRECTORY_URL: `http://127.0.0.1:${await freePort()}/` }),
      error: BackendUnavailable
    })
  })
})

t.test('what the directory says of a person, and what it fails with', async (t) => {
  const directory = await startDirectory(t)
  const { password, secondFactor } = await open(directory.env)
  t.same(await password!.verify(person), {
    subject: 'employee-4711',
    email: 'ann@example.com',
    emailVerified: true,
    name: 'Ann'
  })
  directory.people.set('bob@example.com', { id: 'employee-12', password: 'x', active: false })
  t.match(await password!.verify({ identifier: 'bob@example.com', password: 'x' }), { refused: /not active/ })
  directory.people.set('cid@example.com', { id: 'employee-13', password: 'x', code: '123456' })
  const { factor } = (await password!.verify({ identifier: 'cid@example.com', password: 'x' })) as {
    factor: { continuation: string }
  }
  t.equal(await secondFactor!.verify({ continuation: factor.continuation, code: '654321' }), null)
  t.match(await secondFactor!.verify({ continuation: factor.continuation, code: '123456' }), { subject: 'employee-13' })
  for (const fault of [500, 400, 302]) {
    directory.fault = fault
    await t.rejects(password!.verify(person), { name: 'BackendUnavailable' }, String(fault))
  }
})

t.test('what is missing is named (WB-18)', async (t) => {
  const directory = await startDirectory(t)
  await t.rejects(loadConfig({ AUTH_BACKEND: directory.path }), {
    message: /DIRECTORY_URL: write the URL[\s\S]*DIRECTORY_KEY: write the API key/
  })
})
