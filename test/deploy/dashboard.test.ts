// The dashboard and the alerts ask for figures that exist, in queries that Prometheus can read.
import { parser } from '@prometheus-io/lezer-promql'
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { parse as parseYaml } from 'yaml'
import { paths } from '../../paths.ts'
import { newClient, tokensFor } from '../helpers/oauth.ts'
import { callOf, exchangeOf } from '../helpers/memory-upstream.ts'
import { startServer } from '../helpers/server.ts'
import { mcpJson, stdioUpstream } from '../helpers/upstream-file.ts'

const TOKEN = 'f3b1c9a07d5e42688e1d'
const read = (name: string) => readFile(new URL(`../../deploy/${name}`, import.meta.url), 'utf8')

interface Panel {
  title: string
  description: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets: Array<{ expr: string }>
}
const { panels, templating } = JSON.parse(await read('grafana-dashboard.json')) as {
  panels: Panel[]
  templating: { list: Array<{ name: string }> }
}
interface Rule {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string }
}
const { groups } = parseYaml(await read('alerts.yml')) as { groups: Array<{ rules: Rule[] }> }
const rules = groups.flatMap(({ rules }) => rules)
const queries = [
  ...panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ name: title, expr: expr.replaceAll('$__rate_interval', '5m') }))
  ),
  ...rules.map(({ alert, expr }) => ({ name: alert, expr }))
]

/** The metrics and labels of a query, and what in it is no PromQL. */
function look (expr: string): { metrics: string[]; labels: string[]; errors: string[] } {
  const found = { metrics: [] as string[], labels: [] as string[], errors: [] as string[] }
  parser.parse(expr).iterate({
    enter ({ type, from, to, node }) {
      const text = expr.slice(from, to)
      if (type.isError) found.errors.push(`${from}: ${text}`)
      if (type.name === 'Identifier' && node.parent?.name === 'VectorSelector') found.metrics.push(text)
      if (type.name === 'LabelName') found.labels.push(text)
    }
  })
  return found
}

t.test('every query is PromQL', async (t) => {
  t.ok(queries.length > 25)
  for (const { name, expr } of queries) t.same(look(expr).errors, [], name)
  t.notSame(look('sum by (rate(x[5m])').errors, [], 'and what is none would be noticed')
})

t.test('every figure that is asked for is one the server gives, with that label', async (t) => {
  const UPSTREAMS = await mcpJson(t, { files: stdioUpstream() })
  const { url, app } = await startServer(t, { env: { METRICS_TOKEN: TOKEN, UPSTREAMS } })
  await app.upstreams.find('files')!.request(callOf('echo', { text: 'tide' }), exchangeOf())
  const { access } = await tokensFor(url, await newClient(url))
  const call = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'search', arguments: { query: 'tide' } }
  })
  await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
    body: call
  })
  await fetch(url, { method: 'POST' })
  const lines = (
    await (await fetch(url + paths.metrics, { headers: { authorization: `Bearer ${TOKEN}` } })).text()
  ).split('\n')
  const labels = new Map<string, Set<string>>()
  for (const line of lines.filter((line) => line !== '' && !line.startsWith('#'))) {
    const [, name, given = ''] = /^(\w+)(?:\{(.*)\})? /.exec(line)!
    labels.set(
      name!,
      new Set([...(labels.get(name!) ?? []), ...[...given.matchAll(/(\w+)="/g)].map(([, label]) => label!)])
    )
  }
  /** What Prometheus itself adds. */
  const added = ['job', 'instance']
  for (const { name, expr } of queries) {
    const { metrics, labels: asked } = look(expr)
    const own = metrics.filter((metric) => metric !== 'up')
    t.same(
      own.filter((metric) => !labels.has(metric)),
      [],
      `${name}: figures`
    )
    const known = new Set([...added, ...own.flatMap((metric) => [...(labels.get(metric) ?? [])])])
    t.same(
      asked.filter((label) => !known.has(label)),
      [],
      `${name}: labels`
    )
  }
  const shown = new Set(
    queries.flatMap(({ expr }) => look(expr).metrics).map((metric) => metric.replace(/_(?:bucket|count|sum)$/, ''))
  )
  const ours = [...labels.keys()]
    .filter((name) => name.startsWith('mcp_'))
    .map((name) => name.replace(/_(?:bucket|count|sum)$/, ''))
  t.same(
    [...new Set(ours)].filter((name) => !shown.has(name)),
    [],
    'and every figure of ours is shown somewhere'
  )
})

t.test('every panel and every alert is explained, and no two panels lie on each other', async (t) => {
  for (const { title, description } of panels) t.match(description, /\.$/, title)
  for (const { alert, annotations, labels } of rules) {
    t.match(annotations.summary, /\.$/, alert)
    t.match(labels.severity, /^(?:page|ticket)$/)
  }
  const cells = panels.flatMap(({ gridPos: { x, y, w } }) =>
    Array.from({ length: w }, (_, column) => `${x + column} ${y}`)
  )
  t.equal(new Set(cells).size, cells.length)
  t.same(
    templating.list.map(({ name }) => name),
    ['datasource', 'job']
  )
})

t.test('docs/operations.md says what to do about every alert', async (t) => {
  const operations = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  for (const { alert } of rules) t.match(operations, `\`${alert}\``)
  t.same(
    [...operations.matchAll(/`(Mcp\w+)`/g)]
      .map(([, name]) => name!)
      .filter((name) => !rules.some(({ alert }) => alert === name)),
    []
  )
})
