// The languages that types can be generated in, by the names quicktype knows them by.
// Tested in test/tools/generate.test.ts.
export const languages = [
  'typescript',
  'python',
  'go',
  'rust',
  'java',
  'kotlin',
  'swift',
  'csharp',
  'cpp',
  'php',
  'ruby',
  'dart',
  'elixir',
  'scala3'
] as const
export type Language = (typeof languages)[number]
