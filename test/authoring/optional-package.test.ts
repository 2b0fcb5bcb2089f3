// Packages that are not installed by themselves; which part of the server says so is tested in test/packaging/.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { findPackage } from '../../authoring/optional-package.ts'

t.test('a package that is not there is undefined, and one that fails says how', async (t) => {
  t.equal(await findPackage(() => import('not-a-package-of-anyone' as string)), undefined)
  t.equal((await findPackage(() => import('prom-client')))?.default.Registry.name, 'Registry')
  await t.rejects(findPackage(() => import('data:text/javascript,throw new Error("broken")' as string)), { message: 'broken' })
})

t.test('what is optional is installed in a clone, in the version that the package accepts', async (t) => {
  const { peerDependencies, peerDependenciesMeta, devDependencies } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  ) as Record<string, Record<string, unknown>>
  t.same(Object.keys(peerDependencies!), Object.keys(peerDependenciesMeta!))
  for (const [name, range] of Object.entries(peerDependencies!)) {
    t.equal(range, `^${devDependencies![name]}`)
    t.same(peerDependenciesMeta![name], { optional: true })
  }
  const dockerfile = await readFile(new URL('../../Dockerfile', import.meta.url), 'utf8')
  t.match(dockerfile, Object.keys(peerDependencies!).join(' '), 'the image holds all of them')
})
