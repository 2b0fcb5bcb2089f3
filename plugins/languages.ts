// The words of each request: in the language that the app asked for (`ui_locales`), else in that of the browser.
// Tested in test/plugins/languages.test.ts.
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { matchLanguage, wordsOf, type Language, type Words } from '../languages/index.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * Set by a sign-in whose app has asked for one; `Accept-Language` otherwise, and English
     * where neither helps.
     */
    language: Language | undefined
    readonly words: Words
  }
}

export default fp(
  async function languages (app: FastifyInstance) {
    app.decorateRequest('language', undefined)
    app.decorateRequest('words', {
      getter (this: FastifyRequest) {
        this.language ??= matchLanguage(this.headers['accept-language']) ?? 'en'
        return wordsOf(this.language)
      }
    })
  },
  { name: 'languages' }
)
