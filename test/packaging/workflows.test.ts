// The workflows of GitHub, as far as they can be checked without it: pinned actions, least permissions, no text of strangers in a
// shell, and steps that call what exists.
import { readdir, readFile, stat } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { parse } from 'yaml'

interface Step { uses?: string; run?: string; with?: Record<string, unknown>; env?: Record<string, string> }
interface Job { uses?: string; needs?: string | string[]; permissions?: Record<string, string>; 'timeout-minutes'?: number; steps?: Step[] }
interface Workflow { permissions: Record<string, string>; jobs: Record<string, Job> }

const ROOT = new URL('../../', import.meta.url)
const FOLDER = new URL('.github/workflows/', ROOT)
const { scripts } = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8')) as { scripts: Record<string, string> }

for (const file of await readdir(FOLDER)) {
  t.test(file, async (t) => {
    const { permissions, jobs } = parse(await readFile(new URL(file, FOLDER), 'utf8')) as Workflow
    t.ok(Object.values(permissions).every((access) => access === 'read'), 'nothing may write unless its job says so')
    for (const [name, { uses, needs, steps = [] }] of Object.entries(jobs)) {
      if (uses !== undefined) await t.resolves(stat(new URL(uses, ROOT)), `${name}: ${uses}`)
      for (const other of [needs ?? []].flat()) t.ok(other in jobs, `${name} waits for ${other}`)
      for (const step of steps) await checkStep(t, step)
    }
  })
}

async function checkStep (t: Test, { uses, run, with: options }: Step): Promise<void> {
  if (uses !== undefined) t.match(uses, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/, `${uses} is pinned by its hash`)
  if (uses?.startsWith('actions/checkout@')) t.equal(options?.['persist-credentials'], false, 'no token stays in the checkout')
  if (run === undefined) return
  t.notMatch(run, /\$\{\{/, `an expression would become part of the script: ${run}`)
  for (const [, script] of run.matchAll(/npm run (?:--\S+ )*([\w:]+)/g)) t.ok(script! in scripts, `npm run ${script}`)
  for (const [, path] of run.matchAll(/(?<=^|\s)(\.\w+\/[\w./-]+)/g)) t.ok((await stat(new URL(path!, ROOT))).mode & 0o100, `${path} can be run`)
}
