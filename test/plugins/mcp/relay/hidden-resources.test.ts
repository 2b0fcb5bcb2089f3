// What an upstream answers about resources, for callers from whom the rules hide some of them.
import t from 'tap'
import type { Answered, UpstreamRequest } from '../../../../plugins/upstreams/contract.ts'
import { fakeUpstreams, result } from '../../../helpers/fake-upstreams.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'

const PATHS = ['public/a b.md', 'public/50%.md', 'secret/merger.md', 'public/../secret/merger.md', 'SECRET/../secret/x.md']

const answers: Record<string, (params: Record<string, any>) => Record<string, unknown>> = {
  'completion/complete': ({ ref }) => {
    const values: Record<string, string[]> = { 'files:///{+path}': PATHS, 'files:///{+path:99}': PATHS, 'files:///{folder}/{name}': ['public', 'secret'] }
    return { completion: { values: values[ref.uri] ?? ['public', 'secret'], total: 7, hasMore: true } }
  },
  'resources/read': ({ uri }) => ({
    contents: [uri, 'files:///public/a.md', 'files:///secret/merger.md', 'elsewhere://x'].map((uri) => ({ uri, text: `of ${uri}` }))
  })
}
const answer = ({ method, params }: UpstreamRequest): Answered => result(answers[method]!(params))

const TEMPLATES = ['files:///{+path}', 'files:///{folder}/{name}', 'files://{/folder}{?q}', 'files:///{+path:99}', 'files:///{ folder }/x']
const templates = TEMPLATES.map((uriTemplate, index) => ({
  name: `template ${index}`,
  uriTemplate
}))
const files = { name: 'files', templates, uris: ['files:///'], answer }
const rules = {
  groups: {},
  rules: [
    { who: ['alice@example.com'], upstreams: ['*'] },
    { who: ['bob@example.com'], resources: ['**', '!files:///secret/**', '!files:///secret[?]*', '!files:///secret?q=*'] },
    { who: ['reader@example.com'], resources: ['template 0', 'files:///'] }
  ]
}

t.test('completing a template of an existing server names nothing that the rules hide, and does not count it (AC-37)', async (t) => {
  const { eras } = await start(t, { upstreams: fakeUpstreams(files), rules })
  for (const [era, request] of eras) {
    const complete = async (who: string, uri: string, name: string, context?: object) => {
      const params = { ref: { type: 'ref/resource', uri }, argument: { name, value: '' }, ...(context && { context }) }
      const { json } = await request('completion/complete', params, { authorization: `Bearer ${who}` })
      return json.result.completion
    }
    t.same(await complete('alice', 'files:///{+path}', 'path'), { values: PATHS, total: 7, hasMore: true }, era)
    t.same(await complete('bob', 'files:///{+path}', 'path'), { values: PATHS.slice(0, 2), hasMore: true }, era)
    t.same((await complete('reader', 'files:///{+path}', 'path')).values.slice(0, 3), PATHS.slice(0, 3), 'a template gives what fits it')
    for (const [uri, name] of [['files:///{folder}/{name}', 'folder'], ['files://{/folder}{?q}', 'folder']] as const) {
      t.same((await complete('alice', uri, name)).values, ['public', 'secret'])
      t.same((await complete('bob', uri, name)).values, ['public'], uri)
    }
    const within = { arguments: { folder: 'secret' } }
    t.same((await complete('bob', 'files:///{folder}/{name}', 'name', within)).values, [], 'in a folder that is hidden')
  }
})

t.test('a resource that is read with others brings none that the rules hide (AC-37)', async (t) => {
  const { eras } = await start(t, { upstreams: fakeUpstreams(files), rules })
  for (const [era, request] of eras) {
    const read = async (who: string) => {
      const { json } = await request('resources/read', { uri: 'files:///' }, { authorization: `Bearer ${who}` })
      return json.result.contents.map(({ uri }: { uri: string }) => uri)
    }
    t.same(await read('alice'), ['files:///', 'files:///public/a.md', 'files:///secret/merger.md', 'elsewhere://x'], era)
    t.same(await read('bob'), ['files:///', 'files:///public/a.md', 'elsewhere://x'], era)
  }
})

t.test('nor does an argument that the template has not, or one that the upstream writes otherwise (RU-12)', async (t) => {
  const asked: string[] = []
  const noting = (request: UpstreamRequest) => {
    asked.push(JSON.stringify(request.params['argument']))
    return answer(request)
  }
  const { eras } = await start(t, { upstreams: fakeUpstreams({ ...files, answer: noting }), rules })
  for (const [era, request] of eras) {
    const complete = async (uri: string, name: string, context?: object) => {
      const params = { ref: { type: 'ref/resource', uri }, argument: { name, value: '' }, ...(context && { context }) }
      const { json } = await request('completion/complete', params, { authorization: 'Bearer bob' })
      return json.result.completion.values
    }
    asked.length = 0
    for (const name of ['anything', '', 'Path', 'toString']) {
      t.same(await complete('files:///{+path}', name), [], `${era} ${name}`)
    }
    t.same(asked, [], 'nothing is asked for what is not there')
    for (const name of ['path', 'path:99', ' path']) {
      t.same(await complete('files:///{+path:99}', name), PATHS.slice(0, 2), name)
    }
    t.same(await complete('files:///{ folder }/x', 'folder'), ['public'])
    t.same(await complete('files:///{ folder }/x', ' folder '), ['public'])
    const within = { arguments: { folder: 'secret' } }
    t.same(await complete('files://{/folder}{?q}', 'q', within), [])
  }
})
