// What people ask, and which documents answer it: judged by hand, over what each engine here put among its first eight.
// 2 answers the question, 1 helps.
export interface Question {
  query: string
  grades: Record<string, 1 | 2>
}

export const questions: Question[] = [
  // Whole questions
  {
    query: 'How do I shut down my process gracefully when it receives SIGTERM?',
    grades: {
      'close-with-grace/README.md': 2,
      'close-with-grace/AGENTS.md': 1,
      'close-with-grace/index.d.ts': 1,
      'signal-exit/README.md': 1
    }
  },
  {
    query: 'Which library watches files and directories for changes on every platform?',
    grades: { 'chokidar/README.md': 2, 'chokidar/index.d.ts': 1, '@types/node/fs.d.ts': 1 }
  },
  {
    query: 'How do I convert HTML to plain text?',
    grades: { 'html-to-text/README.md': 2, '@types/html-to-text/index.d.ts': 1, '@types/html-to-text/README.md': 1 }
  },
  {
    query: 'How can I limit how many requests a client makes per minute?',
    grades: {
      '@fastify/rate-limit/README.md': 2,
      'express-rate-limit/readme.md': 2,
      'express-rate-limit/dist/index.d.ts': 1,
      '@fastify/rate-limit/types/index.d.ts': 1
    }
  },
  {
    query: 'How do I inject a fake HTTP request to test my server without opening a socket?',
    grades: {
      'light-my-request/README.md': 2,
      'fastify/docs/Guides/Testing.md': 2,
      'light-my-request/types/index.d.ts': 1,
      'undici/docs/docs/best-practices/writing-tests.md': 1
    }
  },
  {
    query: 'How do I hide passwords and other secrets from my log lines?',
    grades: {
      'pino/docs/redaction.md': 2,
      '@pinojs/redact/README.md': 2,
      'fastify/docs/Reference/Logging.md': 1,
      'pino/docs/api.md': 1
    }
  },
  {
    query: 'In which order do the hooks of a request run?',
    grades: { 'fastify/docs/Reference/Lifecycle.md': 2, 'fastify/docs/Reference/Hooks.md': 2 }
  },
  {
    query: 'Can a plugin share its decorators with its parent and siblings?',
    grades: {
      'fastify/docs/Reference/Encapsulation.md': 2,
      'fastify-plugin/README.md': 2,
      'fastify/docs/Reference/Plugins.md': 2,
      'fastify/docs/Guides/Plugins-Guide.md': 1,
      'fastify/docs/Reference/Decorators.md': 1,
      'avvio/README.md': 1
    }
  },
  {
    query: 'How do I know that the client closed the connection before I answered?',
    grades: { 'fastify/docs/Guides/Detecting-When-Clients-Abort.md': 2, 'on-finished/README.md': 1 }
  },
  {
    query: 'What is prototype poisoning, and how do I parse JSON safely?',
    grades: {
      'fastify/docs/Guides/Prototype-Poisoning.md': 2,
      'secure-json-parse/README.md': 2,
      'fastify/docs/Reference/Server.md': 1,
      'secure-json-parse/types/index.d.ts': 1
    }
  },
  { query: 'How do I run Fastify on AWS Lambda?', grades: { 'fastify/docs/Guides/Serverless.md': 2 } },
  {
    query: 'How do I connect my server to Postgres or MongoDB?',
    grades: { 'fastify/docs/Guides/Database.md': 2, 'pg/README.md': 1, 'fastify/docs/Guides/Ecosystem.md': 1 }
  },
  {
    query: 'How can I refuse requests until an external service is ready?',
    grades: { 'fastify/docs/Guides/Delay-Accepting-Requests.md': 2 }
  },
  {
    query: 'What must I change when I move from version 4 to version 5 of Fastify?',
    grades: { 'fastify/docs/Guides/Migration-Guide-V5.md': 2 }
  },
  {
    query: 'Why should I put a reverse proxy in front of Node?',
    grades: { 'fastify/docs/Guides/Recommendations.md': 2 }
  },
  {
    query: 'How do I validate the body of a request with a JSON schema?',
    grades: {
      'fastify/docs/Reference/Validation-and-Serialization.md': 2,
      'ajv/README.md': 1,
      'fastify/docs/Guides/Fluent-Schema.md': 1,
      'fastify/docs/Guides/Getting-Started.md': 1
    }
  },
  {
    query: 'How do I accept a content type that the server does not know?',
    grades: { 'fastify/docs/Reference/ContentTypeParser.md': 2, 'fastify/types/content-type-parser.d.ts': 1 }
  },
  { query: 'How do I serve HTTP/2?', grades: { 'fastify/docs/Reference/HTTP2.md': 2, '@types/node/http2.d.ts': 2 } },
  {
    query: 'How do I find out the real address of a visitor behind a proxy?',
    grades: {
      'proxy-addr/README.md': 2,
      '@fastify/proxy-addr/README.md': 2,
      'forwarded/README.md': 1,
      '@fastify/forwarded/README.md': 1,
      'fastify/docs/Reference/Server.md': 1,
      'fastify/docs/Reference/Request.md': 1
    }
  },
  {
    query: 'How do I send HTTP requests through a corporate proxy taken from the environment?',
    grades: {
      'undici/docs/docs/api/EnvHttpProxyAgent.md': 2,
      'undici/docs/docs/best-practices/proxy.md': 2,
      'undici/docs/docs/api/ProxyAgent.md': 1,
      'https-proxy-agent/README.md': 1,
      'http-proxy-agent/README.md': 1,
      'make-fetch-happen/README.md': 1,
      'undici/types/env-http-proxy-agent.d.ts': 1,
      'https-proxy-agent/dist/index.d.ts': 1
    }
  },
  {
    query: 'How do I mock HTTP requests in tests?',
    grades: {
      'undici/docs/docs/best-practices/mocking-request.md': 2,
      'undici/docs/docs/api/MockAgent.md': 2,
      'undici/docs/docs/api/MockPool.md': 1,
      'undici/docs/docs/api/MockClient.md': 1,
      'playwright-core/lib/tools/skills/playwright-cli/references/request-mocking.md': 2,
      'undici/docs/docs/best-practices/writing-tests.md': 1,
      'undici/types/mock-agent.d.ts': 1
    }
  },
  {
    query: 'How do I repeat a request that failed, with growing pauses?',
    grades: {
      'undici/docs/docs/api/RetryHandler.md': 2,
      'undici/docs/docs/api/RetryAgent.md': 2,
      'exponential-backoff/README.md': 2,
      '@gar/promise-retry/README.md': 2,
      '@humanwhocodes/retry/README.md': 1
    }
  },
  {
    query: 'How do I authenticate with a TLS client certificate?',
    grades: {
      'undici/docs/docs/best-practices/client-certificate.md': 2,
      '@types/node/tls.d.ts': 1,
      'undici/docs/docs/api/Connector.md': 1
    }
  },
  {
    query: 'How do I keep the state of a signed-in browser between test runs?',
    grades: {
      'playwright-core/lib/tools/skills/playwright-cli/references/storage-state.md': 2,
      'playwright-core/lib/tools/skills/playwright-cli/references/session-management.md': 2,
      'playwright-core/lib/tools/skills/playwright-cli/SKILL.md': 1
    }
  },
  {
    query: 'How do I record a video of a browser session?',
    grades: {
      'playwright-core/lib/tools/skills/playwright-cli/references/video-recording.md': 2,
      'playwright-core/lib/tools/skills/playwright-cli/SKILL.md': 1
    }
  },
  {
    query: 'How do I write log lines from a worker thread so that the event loop is not held up?',
    grades: {
      'pino/docs/transports.md': 2,
      'thread-stream/README.md': 2,
      'pino/docs/asynchronous.md': 1,
      'sonic-boom/README.md': 1
    }
  },
  {
    query: 'How do I make logs readable during development?',
    grades: { 'pino/docs/pretty.md': 2, 'pino/README.md': 1 }
  },
  { query: 'How can I use the logger in the browser?', grades: { 'pino/docs/browser.md': 2 } },
  {
    query: 'How do I add a request id to all lines of one request?',
    grades: {
      'pino/docs/child-loggers.md': 1,
      'fastify/docs/Reference/Logging.md': 2,
      'pino/docs/web.md': 1,
      'fastify/docs/Reference/Server.md': 1,
      'fastify/docs/Reference/Request.md': 1
    }
  },
  {
    query: 'Which parts of Supabase does the lite version not support?',
    grades: {
      '@supabase/lite/LIMITATIONS.md': 2,
      '@supabase/lite/FEATURES.md': 1,
      '@supabase/lite/STATUS.md': 1,
      '@supabase/lite/README.md': 1,
      '@supabase/lite/skills/supalite/SKILL.md': 1
    }
  },
  { query: 'How do I compile a native addon for Node?', grades: { 'node-gyp/README.md': 2 } },
  {
    query: 'Does signing out everywhere keep the current session?',
    grades: { '@supabase/auth-js/migrations/sign-out-global-keeps-session.md': 2 }
  },
  {
    query: 'How do I tell whether an IP address lies in a private range?',
    grades: { 'ipaddr.js/README.md': 2, 'ip-address/README.md': 1 }
  },
  {
    query: 'How do I change console text to red or bold?',
    grades: {
      'chalk/readme.md': 2,
      'ansi-styles/readme.md': 2,
      'chalk/index.d.ts': 1,
      'ansi-styles/index.d.ts': 1,
      'es-toolkit/dist/server/colors/index.d.ts': 1,
      'ink/build/components/Text.d.ts': 1
    }
  },
  {
    query: 'How do I remove color codes from a string?',
    grades: { 'strip-ansi/readme.md': 2, 'ansi-regex/readme.md': 1, '@types/node/util.d.ts': 1 }
  },
  {
    query: 'How wide is a string in the terminal when it has emoji or Chinese characters?',
    grades: {
      'string-width/readme.md': 2,
      'get-east-asian-width/readme.md': 2,
      'widest-line/readme.md': 1,
      'is-fullwidth-code-point/readme.md': 1,
      'string-width/index.d.ts': 1,
      'get-east-asian-width/index.d.ts': 1
    }
  },
  {
    query: 'How do I find the nearest package.json above a folder?',
    grades: { 'find-up/readme.md': 2, 'locate-path/readme.md': 1, 'package-json-from-dist/README.md': 1 }
  },
  {
    query: 'How can I run only a few promises at the same time?',
    grades: {
      'p-limit/readme.md': 2,
      'p-map/readme.md': 2,
      'fastq/README.md': 1,
      'es-toolkit/dist/promise/semaphore.d.ts': 1
    }
  },
  {
    query: 'Which cache drops the entries that were not used for longest?',
    grades: { 'lru-cache/README.md': 2, 'toad-cache/README.md': 2, '@sentry/core/build/types/utils/lru.d.ts': 1 }
  },
  {
    query: 'How do I compare two objects deeply?',
    grades: {
      'fast-deep-equal/README.md': 2,
      'dequal/readme.md': 2,
      'deep-is/README.markdown': 2,
      'tcompare/README.md': 1,
      'es-toolkit/dist/predicate/isEqualWith.d.ts': 1,
      'es-toolkit/dist/compat/predicate/isEqualWith.d.ts': 1
    }
  },
  {
    query: 'How do I clone an object that refers to itself?',
    grades: { 'rfdc/readme.md': 2, 'es-toolkit/dist/object/cloneDeep.d.ts': 1 }
  },
  {
    query: 'How do I turn a circular structure into JSON?',
    grades: {
      'flatted/README.md': 2,
      'safe-stable-stringify/readme.md': 2,
      'flatted/golang/README.md': 1,
      'fast-json-stable-stringify/README.md': 1
    }
  },
  {
    query: 'How do I check that a version satisfies a range?',
    grades: { 'semver/README.md': 2, '@opentelemetry/instrumentation/build/esm/semver.d.ts': 1 }
  },
  {
    query: 'How do I parse command line arguments?',
    grades: {
      'commander/Readme.md': 2,
      'yargs/README.md': 2,
      'yargs-parser/README.md': 2,
      'nopt/README.md': 2,
      'jackspeak/README.md': 2,
      'argparse/README.md': 2,
      'optionator/README.md': 2,
      '@commander-js/extra-typings/README.md': 1,
      'arg/README.md': 2,
      'peowly/README.md': 2,
      'commander/typings/index.d.ts': 1
    }
  },
  {
    query: 'How do I load environment variables from a file?',
    grades: {
      'dotenv/README.md': 2,
      'dotenv/skills/dotenv/SKILL.md': 2,
      'dotenv/skills/dotenvx/SKILL.md': 1,
      'dotenv/README-es.md': 1,
      'dotenv/lib/main.d.ts': 1
    }
  },
  { query: 'How do I read the text of a PDF?', grades: { 'unpdf/README.md': 2 } },
  {
    query: 'How do I read a comma separated list of accepted languages from a request?',
    grades: {
      'negotiator/README.md': 2,
      'accepts/README.md': 2,
      'hono/dist/types/middleware/language/language.d.ts': 1,
      'hono/dist/types/helper/accepts/accepts.d.ts': 1
    }
  },
  { query: 'How do I send mail with an attachment?', grades: { 'nodemailer/README.md': 2, 'nodemailer/CLAUDE.md': 1 } },
  { query: 'How do I write SQL queries with types instead of strings?', grades: { 'kysely/README.md': 2 } },
  {
    query: 'How do I run Postgres inside of JavaScript, without a server?',
    grades: { '@electric-sql/pglite/README.md': 2 }
  },
  // A few words
  {
    query: 'verify and sign JSON Web Tokens',
    grades: { 'jose/README.md': 2, 'jose/dist/types/jwt/sign.d.ts': 1, 'jose/dist/types/jwt/verify.d.ts': 1 }
  },
  { query: 'Redis client with Cluster, Sentinel and pipelining', grades: { 'ioredis/README.md': 2 } },
  {
    query: 'prebuilt argon2 password hashing',
    grades: { '@node-rs/argon2/README.md': 2, '@node-rs/argon2/index.d.ts': 1 }
  },
  {
    query: 'signed cookies',
    grades: { '@fastify/cookie/README.md': 2, 'cookie-signature/Readme.md': 2, '@fastify/cookie/types/index.d.ts': 1 }
  },
  { query: 'fast radix tree router', grades: { 'find-my-way/README.md': 2, 'find-my-way/index.d.ts': 1 } },
  {
    query: 'connection pool for PostgreSQL',
    grades: { 'pg-pool/README.md': 2, 'pg/README.md': 1, '@types/pg/index.d.ts': 1 }
  },
  {
    query: 'OAuth 2 client authorization code flow with PKCE',
    grades: {
      'oauth4webapi/README.md': 2,
      'pkce-challenge/README.md': 2,
      '@modelcontextprotocol/client/README.md': 1,
      '@modelcontextprotocol/sdk/dist/cjs/client/auth.d.ts': 2,
      'oauth4webapi/build/index.d.ts': 2
    }
  },
  {
    query: 'glob patterns matching files',
    grades: {
      'glob/README.md': 2,
      'minimatch/README.md': 2,
      'picomatch/README.md': 2,
      'tinyglobby/README.md': 2,
      'globrex/readme.md': 1,
      'glob/dist/commonjs/index.d.ts': 1,
      'glob/dist/commonjs/glob.d.ts': 1
    }
  },
  {
    query: 'server-sent events parser',
    grades: {
      'eventsource-parser/README.md': 2,
      'eventsource/README.md': 2,
      'undici/docs/docs/api/EventSource.md': 1,
      'eventsource-parser/dist/index.d.ts': 1,
      'eventsource-parser/dist/stream.d.ts': 1
    }
  },
  { query: 'Porter stemmer', grades: { 'stemmer/readme.md': 2 } },
  { query: 'Levenshtein edit distance', grades: { 'fast-levenshtein/README.md': 2 } },
  {
    query: 'YAML parse and stringify with comments',
    grades: { 'yaml/README.md': 2, 'js-yaml/README.md': 1, 'yaml/dist/public-api.d.ts': 1, 'yaml/dist/options.d.ts': 1 }
  },
  {
    query: 'websocket server implementation',
    grades: { 'ws/README.md': 2, 'undici/docs/docs/api/WebSocket.md': 1, '@hono/node-server/README.md': 1 }
  },
  {
    query: 'escape HTML entities',
    grades: {
      'entities/readme.md': 2,
      'escape-html/Readme.md': 2,
      'html-escaper/README.md': 2,
      'entities/lib/esm/index.d.ts': 1,
      'es-toolkit/dist/string/escape.d.ts': 2,
      'es-toolkit/dist/compat/string/escape.d.ts': 2,
      'entities/lib/escape.d.ts': 1,
      'entities/lib/encode.d.ts': 1
    }
  },
  {
    query: 'text diff between two strings, unified patch',
    grades: { 'diff/README.md': 2, 'diff/libcjs/patch/create.d.ts': 2, 'diff/libcjs/patch/apply.d.ts': 1 }
  },
  {
    query: 'ETag header generation',
    grades: { 'etag/README.md': 2, 'hono/dist/types/middleware/etag/index.d.ts': 2, 'fresh/README.md': 1 }
  },
  {
    query: 'detect charset and convert legacy encodings to UTF-8',
    grades: { 'iconv-lite/README.md': 2, 'iconv-lite/lib/index.d.ts': 1 }
  },
  {
    query: 'JSON schema validator strict mode',
    grades: {
      'ajv/README.md': 2,
      '@modelcontextprotocol/sdk/dist/cjs/validation/ajv-provider.d.ts': 1,
      'fastify/docs/Reference/Validation-and-Serialization.md': 1
    }
  },
  {
    query: 'zod schema to JSON schema',
    grades: {
      'zod-to-json-schema/README.md': 2,
      'zod/v4/core/to-json-schema.d.ts': 2,
      'zod-to-json-schema/dist/types/zodToJsonSchema.d.ts': 1,
      'zod/v4/core/json-schema-generator.d.ts': 1,
      'zod/v4/core/json-schema-processors.d.ts': 1
    }
  },
  { query: 'worker threads pool', grades: { '@types/node/worker_threads.d.ts': 2 } },
  { query: 'regular expression denial of service check', grades: { 'safe-regex2/README.md': 2 } },
  {
    query: 'tar archive extract',
    grades: { 'tar/README.md': 2, 'tar/dist/commonjs/index.d.ts': 1, 'tar/dist/commonjs/options.d.ts': 1 }
  },
  { query: 'SQLite database synchronous prepared statements', grades: { '@types/node/sqlite.d.ts': 2 } },
  { query: 'AsyncLocalStorage context', grades: { '@types/node/async_hooks.d.ts': 2 } },
  { query: 'scrypt key derivation', grades: { '@types/node/crypto.d.ts': 2 } },
  {
    query: 'gzip and brotli compression streams',
    grades: {
      '@types/node/zlib.d.ts': 2,
      'minizlib/README.md': 2,
      'hono/dist/types/middleware/compress/index.d.ts': 1,
      'minizlib/dist/commonjs/index.d.ts': 1
    }
  },
  {
    query: 'spawn a child process across platforms',
    grades: {
      'cross-spawn/README.md': 2,
      '@types/node/child_process.d.ts': 2,
      'foreground-child/README.md': 1,
      '@npmcli/promise-spawn/README.md': 1
    }
  },
  {
    query: 'Eta templates partials and layouts',
    grades: {
      'eta/README.md': 2,
      '@fastify/view/README.md': 2,
      'eta/dist/core.d.ts': 1,
      '@fastify/view/types/index.d.ts': 1
    }
  },
  // Phrases and beginnings
  {
    query: '"prototype poisoning"',
    grades: {
      'fastify/docs/Guides/Prototype-Poisoning.md': 2,
      'secure-json-parse/README.md': 2,
      'fastify/docs/Guides/Index.md': 1,
      'rfdc/readme.md': 1,
      'fastify/docs/Reference/Server.md': 1,
      'fastify/SECURITY.md': 1
    }
  },
  {
    query: 'debounc*',
    grades: {
      'es-toolkit/dist/function/debounce.d.ts': 2,
      'es-toolkit/dist/compat/function/debounce.d.ts': 2,
      '@sentry/core/build/types/utils/debounce.d.ts': 2
    }
  },
  {
    query: '"dynamic client registration"',
    grades: {
      '@modelcontextprotocol/client/README.md': 1,
      'oauth4webapi/README.md': 1,
      '@modelcontextprotocol/sdk/dist/cjs/server/auth/clients.d.ts': 2,
      '@modelcontextprotocol/sdk/dist/cjs/shared/auth.d.ts': 1,
      '@modelcontextprotocol/sdk/dist/cjs/server/auth/router.d.ts': 1,
      '@modelcontextprotocol/sdk/dist/cjs/client/auth.d.ts': 2,
      'oauth4webapi/build/index.d.ts': 2
    }
  }
]
