// The line that an operator reads of an existing server: where it is and how it is, without anything that is secret.
import t from 'tap'
import { describeState, describeTarget } from '../../../plugins/upstreams/describe.ts'
import { shownUpstreams } from '../../helpers/shown-upstreams.ts'

t.test('the place has no query, header, environment or secret, and is short', async (t) => {
  const headers = { authorization: 'Bearer hidden-key' }
  t.equal(
    describeTarget({ target: { kind: 'http', url: 'https://crm.internal/mcp?key=hidden', headers }, secrets: [] }),
    'https://crm.internal/mcp'
  )
  const target = {
    kind: 'command' as const,
    command: 'npx',
    args: ['-y', 'server', '--key', 'hidden-key'],
    env: { KEY: 'hidden-key' },
    cwd: '/',
    process: 'shared' as const,
    idleSeconds: 300
  }
  t.equal(describeTarget({ target, secrets: ['hidden-key'] }), 'npx -y server --key [secret]')
  t.equal(describeTarget({ target: { ...target, args: ['a'.repeat(90)] }, secrets: [] }).length, 61)
})

t.test('the state says what is offered, or why it was not reached', async (t) => {
  const fault = 'exited with code 1: hidden-key\u001B[2J is wrong'
  const [files, one, down, stale, fresh, empty, unsaid] = shownUpstreams([
    { name: 'files', tools: ['a', 'b'], uris: ['x:'], state: 'ready' },
    { name: 'one', tools: ['a'] },
    { name: 'down', state: 'failing', fault, secrets: ['hidden-key'] },
    { name: 'stale', tools: ['a'], state: 'failing', fault: 'nothing listens' },
    { name: 'fresh' },
    { name: 'empty', state: 'ready' },
    { name: 'unsaid', state: 'failing' }
  ]).all.map(describeState)
  t.equal(files, '2 tools, resources')
  t.equal(one, '1 tool')
  t.equal(down, 'not reached: exited with code 1: [secret] [2J is wrong')
  t.equal(stale, '1 tool when it was last seen; not reached: nothing listens')
  t.equal(fresh, 'its lists are being read')
  t.equal(empty, 'offers nothing')
  t.equal(unsaid, 'not reached: the log says why')
})
