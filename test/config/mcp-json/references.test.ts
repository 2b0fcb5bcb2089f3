// References to variables: what is not set, and what only looks like one.
import t from 'tap'
import { reference } from '../../../config/mcp-json/references.ts'
import { problemsOf, problemsOfOne } from './problems.ts'

t.test('a variable that is not set is named with its server and member, and so is what only looks like one (MJ-01)', async (t) => {
  t.match(await problemsOf(`{"mcpServers": {"a": {"command": "x",\n"env": {"K":\n"${reference('NONE')}"}}, "b": {"url": "https://x.example", "headers": {"x-a": "${reference('NONE_EITHER')}"}}}}`), [
    /^FILE line 3: upstream "a", env\.K: the variable NONE is not set; set it, or write \$\{NONE:-default\}/,
    /^FILE line 3: upstream "b", headers\.x-a: the variable NONE_EITHER is not set/
  ])
  for (const wrong of ['env:TOKEN', 'TOKEN-x', '', '1A', 'a b', `A:-${reference('TOKEN').slice(0, -1)}`]) {
    t.match(await problemsOfOne({ command: 'x', args: [reference(wrong)] }), [/^args\.0: write \$\{NAME\} or/], wrong)
  }
  t.match(
    await problemsOfOne({ command: 'x', args: [reference('TOKEN').slice(0, -1)] }),
    [/^args\.0: write \$\{NAME\} or/],
    'it does not end'
  )
  t.match(
    await problemsOfOne({ command: 'x', args: [reference('constructor')] }),
    [/^args\.0: the variable constructor is not set/]
  )
})
