// `npm run release:check -- v1.2.3` refuses a tag that does not fit the tree; `npm run release:notes -- v1.2.3` prints what the
// CHANGELOG says about it. The release workflow runs both.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

/** @returns a sentence for each thing that keeps this tag from being released. */
export function findProblems (tag: string): string[] {
  const { version, mcpName } = JSON.parse(read('package.json')) as { version: string; mcpName: string }
  const registry = JSON.parse(read('server.json')) as { name: string; version: string; packages: Array<{ version: string }> }
  return [
    ...(tag === `v${version}` ? [] : [`The tag ${tag} is not v${version}, the version in package.json.`]),
    ...(registry.name === mcpName ? [] : ['The name in server.json is not mcpName of package.json.']),
    ...([registry.version, ...registry.packages.map(({ version }) => version)].every((each) => each === version)
      ? []
      : [`server.json does not name version ${version} everywhere.`]),
    ...(notesOf(tag) === undefined ? [`CHANGELOG.md has no section for ${version} with a date.`] : [])
  ]
}

/** @returns the section of the CHANGELOG for this tag; undefined while it has none, or is not dated. */
export function notesOf (tag: string, changelog = read('CHANGELOG.md')): string | undefined {
  const sections = changelog.split(/^## /m).slice(1)
  const section = sections.find((text) => text.startsWith(`${tag.slice(1)} (`) && /^\S+ \(\d{4}-\d\d-\d\d\)\n/.test(text))
  return section?.slice(section.indexOf('\n')).trim()
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [what, tag = ''] = process.argv.slice(2)
  const problems = findProblems(tag)
  if (problems.length > 0) {
    process.stderr.write(`${problems.join('\n')}\n`)
    process.exitCode = 1
  } else if (what === 'notes') process.stdout.write(`${notesOf(tag)}\n`)
}
