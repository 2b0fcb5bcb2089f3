// What has changed in what an existing server says, in words.
import type { Key, Words } from '../../languages/index.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import type { Change } from '../../plugins/upstreams/catalogue/changes.ts'
import { withoutSecrets } from '../../plugins/upstreams/without-secrets.ts'

const KEYS: Readonly<Record<Change['what'], Key>> = {
  description: 'admin-server.changeDescription',
  schema: 'admin-server.changeSchema',
  annotations: 'admin-server.changeAnnotations',
  title: 'admin-server.changeTitle',
  instructions: 'admin-server.changeInstructions',
  added: 'admin-server.changeAdded',
  removed: 'admin-server.changeRemoved'
}

/** @param secrets of the server, which its own texts may repeat. */
export function describeChange (
  words: Words,
  { at, upstream, tool, prompt, what, before, after, needsLess }: Change,
  secrets: readonly string[]
): PageData['admin/servers']['changes'][number] {
  const safe = (text: string) => withoutSecrets(text, secrets)
  return {
    at: words.minute(at),
    server: upstream,
    what: words.text(KEYS[what], { name: safe(tool ?? prompt ?? '') }),
    needsLess: needsLess === true,
    ...(before !== undefined && { before: safe(before) }),
    ...(after !== undefined && { after: safe(after) })
  }
}
