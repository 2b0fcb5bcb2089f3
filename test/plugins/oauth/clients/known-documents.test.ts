// The copies of well-known clients' documents: data that passes as what their hosts would answer.
import t from 'tap'
import { knownDocuments } from '../../../../plugins/oauth/clients/known-documents.ts'
import { checkDocument, documentUrl, methodsOf } from '../../../../plugins/oauth/clients/metadata-document.ts'

t.test('each copy would be accepted from its host, under its own address', async (t) => {
  t.equal(Object.keys(knownDocuments).length, 6)
  for (const [id, document] of Object.entries(knownDocuments)) {
    const url = documentUrl(id, [])
    t.ok(url, id)
    t.same(checkDocument(structuredClone(document), url!, { ownOrigin: 'https://mcp.example.com', privateUse: [] }), document)
    t.equal(url!.protocol, 'https:')
  }
})

t.test('each is usable without a secret, stays connected, and its codes go to its maker or to the person\'s computer', async (t) => {
  for (const [id, document] of Object.entries(knownDocuments)) {
    t.ok(methodsOf(document).includes('none'), id)
    t.same(document.grant_types, ['authorization_code', 'refresh_token'])
    t.notMatch(JSON.stringify(document), 'secret')
    for (const uri of document.redirect_uris) {
      t.match(uri, /^(?:https:\/\/(?:[a-z]+\.)*(?:chatgpt\.com|claude\.(?:ai|com)|cursor\.com|vscode\.dev)\/|http:\/\/(?:localhost|127\.0\.0\.1)[:/])/)
    }
  }
})

t.test('a name of the language is no client', async (t) => {
  for (const name of ['constructor', '__proto__', 'toString']) t.equal(Object.hasOwn(knownDocuments, name), false)
})
