// deploy.sh against a stand-in for flyctl that writes down how it is
// called: a first deployment, a second one, and
// everything that can be missing.
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'

const SCRIPT = new URL('../../deploy.sh', import.meta.url).pathname
const LOGS = `
2026-11-23T19:00:00Z app[1] fra [info]  MCP server    https://my-app.fly.dev
2026-11-23T19:00:00Z app[1] fra [info]  First account create it here, once: https://my-app.fly.dev/signup?invite=abcDEF123_-
`

interface Cloud {
  app?: boolean
  volume?: boolean
  signedOut?: boolean
  nameTaken?: boolean
  deployFails?: boolean
  logs?: string
}

/** Runs deploy.sh with a flyctl that answers as a cloud in this state would. */
async function deploy (t: Test, cloud: Cloud, ...given: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-fly-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'bin'))
  const calls = join(folder, 'calls')
  await writeFile(calls, '')
  await writeFile(join(folder, 'logs'), cloud.logs ?? LOGS)
  await writeFile(
    join(folder, 'bin/flyctl'),
    `#!/bin/sh
echo "$*" >> ${calls}
case "$1 $2" in
  'auth whoami') ${cloud.signedOut ? 'exit 1' : 'echo ann@example.com'} ;;
  'status --app') ${cloud.app ? 'exit 0' : 'exit 1'} ;;
  'apps create') ${cloud.nameTaken ? 'echo "Name has already been taken" >&2; exit 1' : ':'} ;;
  'volumes list') echo '${cloud.volume ? '[{"id": "vol_1", "name": "data"}]' : '[]'}' ;;
  'secrets import') cat > ${folder}/secrets ;;
  'deploy --app') ${cloud.deployFails ? 'exit 1' : ':'} ;;
  'logs --app') cat ${folder}/logs ;;
esac
`
  )
  await chmod(join(folder, 'bin/flyctl'), 0o755)
  const { status, stdout, stderr } = spawnSync('bash', [SCRIPT, ...given], {
    encoding: 'utf8',
    env: { PATH: `${folder}/bin:/usr/bin:/bin` },
    cwd: folder
  })
  const secrets = await readFile(join(folder, 'secrets'), 'utf8').catch(() => undefined)
  return { status, stdout, stderr, secrets, calls: (await readFile(calls, 'utf8')).split('\n').filter(Boolean) }
}

t.test('the first time: app, volume, secret key, deployment, and the URL to paste', async (t) => {
  const { status, stdout, stderr, calls, secrets } = await deploy(t, {}, 'my-app', 'ams')
  t.equal(status, 0, stderr)
  t.same(calls, [
    'auth whoami',
    'status --app my-app',
    'apps create my-app',
    'volumes list --app my-app --json',
    'volumes create data --app my-app --region ams --size 1 --yes',
    'secrets import --stage --app my-app',
    'deploy --app my-app --primary-region ams --ha=false',
    'logs --app my-app --no-tail'
  ])
  t.match(secrets, /^SECRET_KEY=[A-Za-z0-9+/]{43}=\n$/)
  t.notMatch(stdout + calls.join(), secrets!.trim().slice(11), 'the key is printed nowhere')
  t.match(stdout, /Paste this URL .*https:\/\/my-app\.fly\.dev\n/)
  t.match(stdout, /first account here, once: +https:\/\/my-app\.fly\.dev\/signup\?invite=abcDEF123_-\n/)
})

t.test('the second time nothing is made, and the secret key stays', async (t) => {
  const { status, calls, secrets } = await deploy(t, { app: true, volume: true }, 'my-app')
  t.equal(status, 0)
  t.same(
    calls.filter((call) => /create|secrets/.test(call)),
    []
  )
  t.equal(secrets, undefined)
  t.ok(calls.includes('deploy --app my-app --primary-region fra --ha=false'))
})

t.test('an app whose first deployment was cut short gets its volume', async (t) => {
  const { calls, secrets } = await deploy(t, { app: true }, 'my-app')
  t.ok(calls.some((call) => call.startsWith('volumes create')))
  t.equal(secrets, undefined)
})

t.test("with a domain of one's own, the address is the one the server says", async (t) => {
  const { stdout } = await deploy(
    t,
    { app: true, volume: true, logs: 'app[1]  MCP server    https://mcp.example.com\n' },
    'my-app'
  )
  t.match(stdout, /Paste this URL .*https:\/\/mcp\.example\.com\n/)
  t.match(stdout, /stands in: +flyctl logs --app my-app/)
})

t.test('what is missing is said before anything is made', async (t) => {
  for (const name of [[], ['My App'], ['-x'], ['a'.repeat(31)], ['x;rm']]) {
    const { status, stderr, calls } = await deploy(t, {}, ...name)
    t.equal(status, 1)
    t.match(stderr, /Write a name for the app/)
    t.same(calls, [])
  }
  const signedOut = await deploy(t, { signedOut: true }, 'my-app')
  t.equal(signedOut.status, 1)
  t.match(signedOut.stderr, /flyctl auth login/)
  t.same(signedOut.calls, ['auth whoami'])
  const without = spawnSync('bash', [SCRIPT, 'my-app'], { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } })
  t.equal(without.status, 1)
  t.match(without.stderr, /flyctl is missing/)
})

t.test('a step that fails ends it', async (t) => {
  const taken = await deploy(t, { nameTaken: true }, 'my-app')
  t.equal(taken.status, 1)
  t.match(taken.stderr, /choose another/)
  t.notOk(taken.calls.some((call) => call.startsWith('deploy')))
  const failed = await deploy(t, { deployFails: true }, 'my-app')
  t.equal(failed.status, 1)
  t.notMatch(failed.stdout, /Paste this URL/)
})
