// The Dockerfile's own steps, performed without a container engine: each stage is an overlay of this machine's files,
// and the result is started as the image would be, as an ordinary user without a capability, on a read-only tree.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { paths } from '../../paths.ts'
import { freePort } from '../helpers/ports.ts'
import { until } from '../helpers/until.ts'
import { readDockerfile, type Stage } from './dockerfile.ts'

const ROOT = new URL('../..', import.meta.url).pathname
/** The user `node` of the image node:24-slim. */
const NODE_UID = 1000

const MISSING = 'Building an image by hand needs root and overlay mounts, as in a virtual machine'
const isPossible =
  spawnSync('unshare', [
    '--mount',
    'sh',
    '-c',
    'd=$(mktemp -d) && mkdir $d/u $d/w $d/m && mount -t overlay overlay -o lowerdir=/,upperdir=$d/u,workdir=$d/w $d/m && umount $d/m; s=$?; rm -rf $d; exit $s'
  ]).status === 0
if (!isPossible && process.env['CI']) throw new Error(MISSING)

t.test('the image as the Dockerfile builds it', { skip: isPossible ? false : MISSING }, async (t) => {
  const work = await mkdtemp(join(tmpdir(), 'mcp-image-'))
  t.teardown(() => rm(work, { recursive: true, force: true }))
  const context = await cleanContext(work)
  const { stages, image } = await readDockerfile(context)
  await buildStages(work, stages, context)
  const app = join(work, stageName(stages.at(-1)!, stages.length - 1), 'upper/app')
  const port = await freePort()

  t.test('holds production packages, the compiled server and its guides, and nothing else', async (t) => {
    t.same((await readdir(app)).sort(), ['access.schema.json', 'docs', 'node_modules', 'package.json'])
    t.same((await readdir(join(app, 'node_modules/@mcp-oauth-server/server'))).sort(), ['bin', 'dist', 'package.json'])
    const packages = await readdir(join(app, 'node_modules'))
    t.ok(packages.includes('fastify'))
    t.same(
      packages.filter((name) => ['tap', 'typescript', 'eslint', 'node', 'playwright-core'].includes(name)),
      [],
      'no development package'
    )
    t.comment(
      `node_modules: ${execFileSync('du', ['-sh', join(app, 'node_modules')], { encoding: 'utf8' }).split('\t')[0]}`
    )
  })

  const env = {
    PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/home/node',
    ...image.env,
    PORT: String(port),
    HOST: '127.0.0.1',
    PUBLIC_URL: 'https://mcp.example.com'
  }
  const child = spawn('unshare', ['--mount', 'sh', join(work, 'run.sh')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  t.teardown(() => child.kill('SIGKILL'))
  /** Runs a program in the container's place, as its user. */
  const inside = (...command: string[]) =>
    spawnSync(
      'nsenter',
      [
        '--target',
        String(child.pid),
        '--mount',
        '--root',
        `--setuid=${NODE_UID}`,
        `--setgid=${NODE_UID}`,
        'env',
        '-u',
        'NODE_OPTIONS',
        ...command
      ],
      { env, encoding: 'utf8' }
    )

  t.test('starts, as an ordinary user without a capability, and is healthy', async (t) => {
    const url = `http://127.0.0.1:${port}`
    for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
      if (
        await fetch(url + paths.ready).then(
          ({ ok }) => ok,
          () => false
        )
      ) { break }
      await sleep(100)
    }
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
    t.match(status, new RegExp(`^Uid:\\t${NODE_UID}\\t${NODE_UID}\\t`, 'm'), output)
    t.match(status, /^CapEff:\t0+$/m)
    t.match(status, /^NoNewPrivs:\t1$/m)
    t.equal(
      (await readFile(`/proc/${child.pid}/cmdline`, 'utf8')).split('\0').slice(0, image.command.length).join(' '),
      image.command.join(' '),
      'the server is the process that gets the signal'
    )
    const { status: health, stderr } = inside(...image.healthCheck)
    t.equal(health, 0, stderr)
    t.match(await (await fetch(`${url}${paths.authorizationServer}`)).json(), { issuer: 'https://mcp.example.com' })
    // Printed once the documents have been read.
    await until(async () => output.includes('First account'))
    t.match(output, /First account +create it here, once: https:\/\/mcp\.example\.com\/signup\?invite=/)
  })

  t.test('serves what is mounted: a tool beside the built-in ones, and documents in place of the guides', async (t) => {
    const url = `http://127.0.0.1:${port}`
    const headers = { host: 'mcp.example.com' }
    const page = await (await fetch(url, { headers: { ...headers, accept: 'text/html' } })).text()
    for (const tool of ['roll_dice', 'calculate', 'search']) t.match(page, `<code translate="no">${tool}</code>`)
    t.ok(await until(async () => (await (await fetch(url, { headers })).text()).includes('"documents":1')))
    t.notMatch(output, /warning/i, output)
  })

  t.test('has the operator\'s commands', async (t) => {
    const { stdout, stderr } = inside('sh', '-c', 'cd /app && mcp-oauth-server users invite')
    t.match(stdout, /^https:\/\/mcp\.example\.com\/signup\?invite=/m, stderr)
  })

  t.test('can write to its volume, and nowhere else', async (t) => {
    const write = (file: string) => inside('node', '-e', `fs.writeFileSync(${JSON.stringify(file)}, '')`)
    t.match(write('/app/tools/x.ts').stderr, /EROFS|EACCES/)
    t.match(write('/etc/x').stderr, /EROFS|EACCES/)
    t.equal(write('/data/x').status, 0)
    t.ok((await readdir(join(work, 'volume'))).includes('oauth.db'))
    t.equal((await stat(join(work, 'volume/secret-key'))).mode & 0o777, 0o600)
  })

  t.test('ends with 0 when it is told to', async (t) => {
    child.kill(image.stopSignal as NodeJS.Signals)
    t.equal(await ended, 0, output)
  })
})

/** What a fresh checkout with the present changes would hold. */
async function cleanContext (work: string): Promise<string> {
  const context = join(work, 'context')
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8'
  })
    .split('\0')
    .filter(Boolean)
  for (const file of files) {
    await mkdir(join(context, dirname(file)), { recursive: true })
    await copyFile(join(ROOT, file), join(context, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
  return context
}

const stageName = ({ name }: Stage, index: number) => name ?? `stage-${index}`

/** Writes and runs build.sh, and leaves run.sh: what a builder and an engine would do, as commands to read. */
async function buildStages (work: string, stages: Stage[], context: string): Promise<void> {
  const allowed = (await readFile(join(context, '.dockerignore'), 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1))
  const build = ['set -eu', `cd ${context}`]
  for (const [index, stage] of stages.entries()) {
    const name = stageName(stage, index)
    await baseImage(join(work, name))
    build.push(`# ${stage.from}`, mount(join(work, name)), ...steps(stage, join(work, name, 'root'), { work, allowed }))
  }
  const last = join(work, stageName(stages.at(-1)!, stages.length - 1))
  await writeFile(join(work, 'build.sh'), build.join('\n'))
  await mkdir(join(work, 'volume'))
  await mkdir(join(work, 'tools'))
  await mkdir(join(work, 'docs'))
  await copyFile(join(ROOT, 'template/tools/roll-dice.ts'), join(work, 'tools/roll-dice.ts'))
  await writeFile(join(work, 'docs/tides.md'), '# Tides\n\nThe moon pulls the sea.\n')
  await writeFile(
    join(work, 'run.sh'),
    [
      'set -eu',
      mount(last),
      `mount -t proc proc ${last}/root/proc`,
      `mount --rbind /dev ${last}/root/dev`,
      `mount -t tmpfs tmpfs ${last}/root/tmp`,
      '# A new volume takes the owner of the folder over.',
      `chown --reference=${last}/root/data ${work}/volume`,
      `mount --bind ${work}/volume ${last}/root/data`,
      '# docker run -v ./tools:/app/tools -v ./docs:/app/docs',
      `mkdir -p ${last}/root/app/tools`,
      ...['tools', 'docs'].map((name) => `mount --bind ${work}/${name} ${last}/root/app/${name}`),
      `mount -o remount,ro ${last}/root`,
      '# What the test runner adds to every process is not in the image.',
      'unset NODE_OPTIONS',
      `exec chroot ${last}/root sh -c 'cd /app && exec setpriv --reuid=${NODE_UID} --regid=${NODE_UID} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all ${(await readDockerfile(context)).image.command.join(' ')}'`
    ].join('\n')
  )
  const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', join(work, 'build.sh')], {
    encoding: 'utf8',
    timeout: 400_000,
    env: { ...process.env, NODE_ENV: undefined }
  })
  if (status !== 0) throw new Error(`the image could not be built (${status})\n${stdout}\n${stderr}`)
}

/** What this machine lacks of node:24-slim: its Node, and its user. */
async function baseImage (folder: string): Promise<void> {
  for (const name of ['upper/usr/local/bin', 'upper/etc', 'work', 'root']) {
    await mkdir(join(folder, name), { recursive: true })
  }
  await copyFile(process.execPath, join(folder, 'upper/usr/local/bin/node'))
  for (const [file, line] of [
    ['passwd', `node:x:${NODE_UID}:${NODE_UID}::/home/node:/bin/bash`],
    ['group', `node:x:${NODE_UID}:`]
  ] as const) {
    const text = await readFile(`/etc/${file}`, 'utf8')
    await writeFile(join(folder, 'upper/etc', file), text.replace(/^node:.*\n/m, '') + line + '\n')
  }
}

const mount = (folder: string) =>
  `mount -t overlay overlay -o lowerdir=/,upperdir=${folder}/upper,workdir=${folder}/work ${folder}/root`

function steps (stage: Stage, root: string, { work, allowed }: { work: string; allowed: string[] }): string[] {
  let workdir = '/'
  return stage.steps.flatMap(({ instruction, arguments: given, text, fromStage }) => {
    if (instruction === 'WORKDIR') {
      workdir = given[0]!
      return [`mkdir -p ${root}${workdir}`]
    }
    if (instruction === 'RUN') {
      return [
        `mount -t proc proc ${root}/proc`,
        `mount --rbind /dev ${root}/dev`,
        `chroot ${root} sh -c 'cd ${workdir} && export PATH=/usr/local/bin:$PATH && ${text.replaceAll("'", "'\\''")}'`
      ]
    }
    if (instruction !== 'COPY') return []
    const target = join(root, workdir, given.at(-1)!)
    if (fromStage !== undefined) return [`mkdir -p $(dirname ${target})`, `cp -a ${join(work, fromStage, 'root')}${given[0]} ${target}`]
    const sources = given[0] === '.' ? allowed : given.slice(0, -1)
    return [`cp -a ${sources.join(' ')} ${target}`]
  })
}
