// The real server process, killed with -9 in the middle of sign-ins and refreshes, and ended with SIGTERM: no answered
// token is lost, no code works twice (threats WB-02, WB-19, WB-21).
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Browser } from '../helpers/browser.ts'
import { freePort } from '../helpers/ports.ts'
import { NEVER_LATE } from '../helpers/processes.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'
import { childEnvironment } from '../helpers/child-environment.ts'

const ROOT = join(import.meta.dirname, '../..')
const CALLBACK = 'https://app.example/callback'
const SIGN_INS = 36
const KILLS = 2

const redis = await startRedis()
t.teardown(() => redis?.stop())

interface Running {
  url: string
  start(): Promise<void>
  end(signal: NodeJS.Signals): Promise<number | null>
}

async function runServer (t: Test, env: Record<string, string>): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-crash-'))
  const port = await freePort()
  let child: ChildProcess | undefined
  const running: Running = {
    url: `http://localhost:${port}`,
    async start () {
      child = spawn(process.execPath, [...NEVER_LATE, 'server.ts'], {
        cwd: ROOT,
        env: childEnvironment({
          PORT: String(port),
          DATA_DIR: folder,
          DOCS_DIR: folder,
          AUTH_BACKEND: 'demo',
          RATE_LIMITS: 'off',
          LOG_LEVEL: 'silent',
          REFRESH_GRACE: '300',
          ...env
        }),
        stdio: 'ignore'
      })
      for (let tries = 0; tries < 200; tries++) {
        if (
          await fetch(`${running.url}/health`).then(
            ({ ok }) => ok,
            () => false
          )
        ) { return }
        await sleep(50)
      }
      throw new Error('the server did not start')
    },
    async end (signal) {
      const over = new Promise<number | null>((resolve) => child!.once('exit', resolve))
      child!.kill(signal)
      return over
    }
  }
  await running.start()
  t.teardown(async () => {
    if (child?.exitCode === null && child.signalCode === null) await running.end('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })
  return running
}

/** What a client knows of one sign-in, from the answers it really got. */
interface Known {
  code?: string
  verifier: string
  redeemed?: true
  asked?: true
  access?: string
  refresh?: string
}

const post = (url: string, form: Record<string, string>) =>
  fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(form) })

async function signIn (url: string, clientId: string, known: Known) {
  const challenge = createHash('sha256').update(known.verifier).digest('base64url')
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: CALLBACK,
    code_challenge: challenge,
    code_challenge_method: 'S256'
  })
  const browser = new Browser()
  const consent = await browser.submit(
    await browser.get(`${url}/authorize?${query}`),
    ({ fields }) => fields['backend'] === 'demo'
  )
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  known.code = browser.left!.searchParams.get('code')!
  known.asked = true
  await keep(
    known,
    await post(url, {
      grant_type: 'authorization_code',
      client_id: clientId,
      code: known.code,
      redirect_uri: CALLBACK,
      code_verifier: known.verifier
    })
  )
  known.redeemed = true
  await keep(
    known,
    await post(url, { grant_type: 'refresh_token', client_id: clientId, refresh_token: known.refresh! })
  )
}

async function keep (known: Known, response: Response) {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  const { access_token: access, refresh_token: refresh } = (await response.json()) as Record<string, string>
  known.access = access!
  known.refresh = refresh!
}

for (const [name, env] of [
  ['SQLite', {}],
  ['Redis', redis && { REDIS_URL: redis.url, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' }]
] as const) {
  t.test(
    `${name}: kill -9 in the middle of ${SIGN_INS} sign-ins and as many refreshes`,
    { skip: env ? false : noRedis },
    async (t) => {
      const server = await runServer(t, env as Record<string, string>)
      const { client_id: clientId } = (await (
        await fetch(`${server.url}/register`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ redirect_uris: [CALLBACK] })
        })
      ).json()) as { client_id: string }

      const all: Known[] = []
      let restarting: Promise<void> | undefined
      let finished = 0
      const worker = async () => {
        while (all.length < SIGN_INS) {
          const known: Known = { verifier: randomBytes(32).toString('base64url') }
          all.push(known)
          await signIn(server.url, clientId, known).catch(() => restarting)
          await restarting
          finished++
        }
      }
      const killer = async () => {
        for (let kill = 1; kill <= KILLS; kill++) {
          const isTime = () => finished >= (kill * SIGN_INS) / (KILLS + 1)
          while (!isTime()) await sleep(2)
          restarting = server.end('SIGKILL').then(() => server.start())
          await restarting
        }
      }
      await Promise.all([killer(), ...Array.from({ length: 8 }, worker)])

      t.comment(`${all.filter(({ access }) => access).length} of ${all.length} sign-ins were answered`)
      t.ok(
        all.some(({ asked, redeemed }) => asked && !redeemed) || all.some(({ code }) => code === undefined),
        'the kills came in the middle'
      )
      for (const known of all.filter(({ access }) => access)) {
        const call = await fetch(server.url, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${known.access}`,
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream'
          },
          body: '{"jsonrpc":"2.0","id":1,"method":"ping"}'
        })
        t.equal(call.status, 200, 'an answered access token works')
        const refreshed = await post(server.url, {
          grant_type: 'refresh_token',
          client_id: clientId,
          refresh_token: known.refresh!
        })
        t.equal(refreshed.status, 200, 'an answered refresh token works')
      }
      for (const { code, verifier, redeemed } of all.filter(({ code }) => code)) {
        const again = () =>
          post(server.url, {
            grant_type: 'authorization_code',
            client_id: clientId,
            code: code!,
            redirect_uri: CALLBACK,
            code_verifier: verifier
          })
        const statuses = [(await again()).status, (await again()).status]
        t.ok(statuses[1] === 400 && (!redeemed || statuses[0] === 400), `a code works once at most: ${statuses}`)
      }
    }
  )
}

t.test('SIGTERM lets what is under way finish, and the process ends with 0 (WB-21)', async (t) => {
  const server = await runServer(t, {})
  const body = JSON.stringify({ redirect_uris: [CALLBACK] })
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  const answer = text(socket)
  socket.write(
    `POST /register HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body.slice(0, 5)}`
  )
  // Answered after it on another connection: the half-sent request has begun.
  await fetch(`${server.url}/health`)
  const ended = server.end('SIGTERM')
  await sleep(100)
  socket.write(body.slice(5))
  t.match(await answer, /^HTTP\/1.1 201 /)
  t.equal(await ended, 0)
  await server.start()
  t.equal(await server.end('SIGINT'), 0)
})
