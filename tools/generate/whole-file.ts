// Completes the types of quicktype to a file that compiles.
// Tested in test/tools/generate/code-task.test.ts.
import type { Language } from './languages.ts'

const WHOLE: Partial<Record<Language, (code: string) => string>> = {
  go: (code) => `package models\n\n${code}`,
  // The example in its head names a module that is not there.
  rust: (code) => `// Needs the crate serde with its feature "derive"${code.includes('serde_json::') ? ', and serde_json' : ''}.\n\n${code.slice(Math.max(0, code.search(/^use /m)))}`,
  csharp: (code) => code.replace(/^namespace QuickType$/m, 'using System;\n\nnamespace Models'),
  java: (code) => {
    const imports = [...new Set(code.match(/^import .*;$/gm))].sort()
    const body = code
      .replaceAll(/^(?:package|import) .*;\n/gm, '')
      .replaceAll(/^\/\/ \w+\.java\n/gm, '')
      // A file has one public class at most.
      .replaceAll(/^public (?=class|enum)/gm, '')
    return `${imports.join('\n')}\n\n${body.replaceAll(/\n{3,}/g, '\n\n').trim()}`
  }
}

export const wholeFile = (language: Language, code: string): string => `${(WHOLE[language]?.(code) ?? code).trim()}\n`
