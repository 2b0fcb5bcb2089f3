// Runs in a worker: which paths the rules of `.gitignore` and `.mcpignore` files ignore, by git's rules (gitignore(5)). A rule
// is a pattern that somebody wrote, and some take longer than the server may wait.
// Tested in test/plugins/library/ignore-rules.test.ts.
import ignore, { type Ignore } from 'ignore'

/** Some paths, as they are below each file of rules. */
export interface Question {
  /** The file nearest to the paths comes first. Folders end with a slash; the paths have the same order in each. */
  rules: Array<{ text: string; paths: string[] }>
}

const MAX_KNOWN = 20
const known = new Map<string, Ignore>()

function rulesOf (text: string): Ignore {
  const rules = known.get(text) ?? ignore({ allowRelativePaths: true }).add(text)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(text, rules)
  return rules
}

/** @returns for each path whether it is ignored: the nearest file that says something of it decides. */
export default function decide ({ rules }: Question): boolean[] {
  const files = rules.map(({ text, paths }) => ({ rules: rulesOf(text), paths }))
  return files[0]!.paths.map((_, index) => {
    for (const { rules, paths } of files) {
      const { ignored, unignored } = rules.test(paths[index]!)
      if (ignored || unignored) return ignored
    }
    return false
  })
}
