// What an app says about itself: an address that is none is left out, since it would become a link.
import t from 'tap'
import { clientMetadata } from '../../../../plugins/oauth/clients/client-metadata.ts'

t.test('a page of the app is an address of the web, or is left out', async (t) => {
  const read = (uri: string) => clientMetadata.parse({ redirect_uris: ['x'], client_uri: uri }).client_uri
  for (const uri of ['https://app.example/', 'http://app.example', 'HTTPS://app.example/a?b=c']) {
    t.equal(read(uri), uri)
  }
  for (const uri of ['', 'app.example', 'javascript:alert(1)', 'https://', 'https://[', 'https://a:b', 'https://app.example/ x', 'https://app.example/\u00e4']) {
    t.equal(read(uri), undefined, uri)
  }
})
