// The words of each request: in the language that the app asked for (`ui_locales`), else in that of the browser.
// Tested in test/plugins/languages.test.ts.
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { matchLanguage, wordsOf, type Language, type Words } from '../languages/index.ts'
import { remembered } from './remembered.ts'

/** Of the headers that browsers send; comparing locales takes longer than many a page. */
const readByHeader = remembered<Language>((header) => matchLanguage(header) ?? 'en', { most: 1_000, length: 200 })

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
        this.language ??= readByHeader(this.headers['accept-language'] ?? '')
        return wordsOf(this.language)
      }
    })
  },
  { name: 'languages' }
)
